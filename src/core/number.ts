/** Numbers as people type them. */

/** A decimal whole number; undefined for anything else. */
export function wholeNumber(text: string, min: number, max: number): number | undefined {
  const value = /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}
