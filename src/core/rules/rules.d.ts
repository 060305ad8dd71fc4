/** The shipped rule files, read and checked at build time (scripts/rules-plugin.mjs). */
declare module 'rollcall:rules' {
  const files: readonly { readonly file: string; readonly entries: readonly import('./rule.ts').RuleEntry[] }[];
  export default files;
}
