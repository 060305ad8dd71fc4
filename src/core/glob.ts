/** Name patterns: `*` any run of characters, `?` one character, everything else itself; upper and lower case are the same. */

export const isGlob = (text: string): boolean => /[*?]/.test(text);

/** Whether `text` matches `pattern`; both in lower case. Linear in practice: one point to go back to, whatever the stars. */
function matches(pattern: string, text: string): boolean {
  let at = 0;
  let in_ = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const wanted = pattern[in_];
    if (wanted === '*') {
      star = in_;
      resume = at;
      in_ += 1;
    } else if (wanted === '?' || wanted === text[at]) {
      in_ += 1;
      at += 1;
    } else if (star >= 0) {
      resume += 1;
      at = resume;
      in_ = star + 1;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(in_));
}

/** A test for texts against the pattern; without `*` and `?` the whole text must be equal. */
export function globTest(pattern: string): (text: string) => boolean {
  const wanted = pattern.toLowerCase();
  if (!isGlob(wanted)) return text => text.toLowerCase() === wanted;
  return text => matches(wanted, text.toLowerCase());
}
