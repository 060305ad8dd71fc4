/** The shipped templates, read and parsed at build time (scripts/templates-plugin.mjs). */
declare module 'rollcall:templates' {
  const templates: readonly import('./template.ts').TemplateSource[];
  export default templates;
}
