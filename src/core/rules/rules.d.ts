/** The shipped rule files, parsed at build time (scripts/rules-plugin.mjs). */
declare module 'rollcall:rules' {
  const files: readonly { readonly file: string; readonly content: unknown }[];
  export default files;
}
