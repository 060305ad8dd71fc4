/** Tags that operators give to nodes. */
import { Problem } from './problem.ts';
import { clean } from './sanitize.ts';

const TAG = /^[\w.:-]{1,64}$/;

/** Tags in one text, separated by commas; none takes all away. Throws a 'usage' Problem that names an odd one. */
export function parseTags(text: string): readonly string[] {
  const tags = [...new Set(text.split(',').filter(tag => tag !== ''))];
  const odd = tags.find(tag => !TAG.test(tag));
  if (odd !== undefined) throw new Problem('usage', `'${clean(odd, 80)}' is no tag. Take letters, digits, '.', ':', '_' and '-'.`);
  return tags;
}
