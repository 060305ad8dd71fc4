/** What a template that somebody brings along must be, as far as it shows without a database. */
import { checkParam } from './params.ts';
import { Problem } from './problem.ts';
import { renderSql } from './render-sql.ts';
import { checkSelect } from './select-only.ts';
import type { ParamSpec, ParamValue, Template } from './template.ts';

/** Epoch ms; any time at which spans before it are times. */
const SOME_TIME = Date.UTC(2026, 0, 1);

function example(spec: ParamSpec): ParamValue {
  switch (spec.type) {
    case 'int':
      return spec.min;
    case 'time':
      return SOME_TIME / 1_000;
    case 'enum':
      return spec.values[0] ?? '';
    default:
      return 'x';
  }
}

function badDefault({ params }: Template): string | undefined {
  for (const spec of params) {
    if (spec.default === undefined) continue;
    const checked = checkParam(spec, String(spec.default), SOME_TIME);
    if ('problem' in checked) return `The default of parameter '${spec.name}' ${checked.problem}.`;
  }
  return undefined;
}

/** Why the template cannot be used: more than reading, marks without parameters, a default that is none. Undefined when it can. */
export function siteTemplateFault(template: Template): string | undefined {
  const names = template.params.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `Parameter '${twice}' stands twice.`;
  try {
    renderSql(template, Object.fromEntries(template.params.map(spec => [spec.name, example(spec)])));
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown.message;
    throw thrown;
  }
  return checkSelect(template.sql)?.message ?? badDefault(template);
}
