/** Rules on what code may say, and where. Each takes one file of TypeScript. */
import { at, commentsOf, importsOf, type Rule, type SourceFile, type Violation, visit } from './source.ts';

function startsWithAny(file: SourceFile, prefixes: readonly string[]): boolean {
  return prefixes.some(prefix => file.path.startsWith(prefix));
}

const ROUTER = 'src/ui/keys/router.tsx';

/** Keys come in at one place; screens declare commands. */
export const oneRouter: Rule = file => {
  const found: Violation[] = [];
  if (file.path === ROUTER) return found;
  visit(file, {
    Identifier: node => {
      if (node.name === 'useInput') found.push(at(file, node.start, `useInput belongs in ${ROUTER}: declare a Command`));
    },
  });
  return found;
};

const SQL_PLACES = [
  'src/core/render-sql.ts',
  'src/core/osquery-tables.',
  'src/adapters/sqlite',
  'src/agent/',
  'src/lab/',
  // What the endpoint has its nodes log: fixed statements, into which nothing is ever put.
  'src/connectors/direct/schedule.ts',
];
const SQL_TEXT = [
  /^\s*SELECT\s+\S/,
  /^\s*WITH\s[\s\S]*\bFROM\s/,
  /^\s*select\b[\s\S]+\bfrom\s+\w+\s*(;|$|\b(where|join|limit|order|group)\b)/i,
  /^\s*(insert\s+(or\s+\w+\s+)?into|delete\s+from|pragma|alter\s+table)\s+\w/i,
  /^\s*update\s+\w+\s+set\s/i,
  /^\s*(create|drop)\s+(temp\w*\s+|unique\s+|virtual\s+)?(table|index|view|trigger)\s/i,
];

/** A heuristic: text that begins as a statement does. */
export const sqlInItsPlace: Rule = file => {
  const found: Violation[] = [];
  if (startsWithAny(file, SQL_PLACES)) return found;
  const look = (text: string, offset: number) => {
    if (SQL_TEXT.some(pattern => pattern.test(text)))
      found.push(at(file, offset, 'SQL text belongs in a template, render-sql or the SQLite store'));
  };
  visit(file, {
    Literal: node => {
      if (typeof node.value === 'string') look(node.value, node.start);
    },
    TemplateLiteral: node => look(node.quasis.map(part => part.value.cooked ?? '').join('x'), node.start),
  });
  return found;
};

const PROCESS_PLACES = ['src/main.tsx', 'src/cli/', 'src/adapters/'];
const PROCESS_NAMES = ['exit', 'env'];

/** The process belongs to the edge: a module that prints, exits or reads the environment cannot be reasoned about alone. */
export const processAtTheEdge: Rule = file => {
  const found: Violation[] = [];
  if (startsWithAny(file, PROCESS_PLACES)) return found;
  const add = (offset: number, what: string) => found.push(at(file, offset, `${what} belongs in main, cli or adapters`));
  for (const { specifier, names, offset } of importsOf(file)) {
    if (specifier === 'node:console') add(offset, specifier);
    const taken = specifier === 'node:process' ? names.filter(name => PROCESS_NAMES.includes(name)) : [];
    for (const name of taken) add(offset, `process.${name}`);
  }
  visit(file, {
    MemberExpression: node => {
      const { object, property, start } = node;
      if (object.type !== 'Identifier' || property.type !== 'Identifier') return;
      if (object.name === 'console') add(start, `console.${property.name}`);
      if (object.name === 'process' && PROCESS_NAMES.includes(property.name)) add(start, `process.${property.name}`);
    },
    VariableDeclarator: node => {
      const { id, init, start } = node;
      if (id.type !== 'ObjectPattern' || init?.type !== 'Identifier' || init.name !== 'process') return;
      const keys = id.properties.map(entry => (entry.type === 'Property' && entry.key.type === 'Identifier' ? entry.key.name : ''));
      for (const key of keys) if (PROCESS_NAMES.includes(key)) add(start, `process.${key}`);
    },
  });
  return found;
};

const TIMELESS = ['src/core/', 'src/engine/', 'src/state/'];
const TIMERS = ['setTimeout', 'setInterval', 'setImmediate'];
const CLOCK_METHODS: Readonly<Record<string, readonly string[]>> = { Date: ['now'], performance: ['now'], AbortSignal: ['timeout'] };

/** Time is handed in (`Clock`, `Schedule`), so that a test can say what time it is. */
export const timeIsHandedIn: Rule = file => {
  const found: Violation[] = [];
  if (!startsWithAny(file, TIMELESS)) return found;
  const add = (offset: number, what: string) => found.push(at(file, offset, `${what}: take a Clock or a Schedule`));
  for (const { specifier, offset } of importsOf(file)) if (specifier.startsWith('node:timers')) add(offset, specifier);
  visit(file, {
    NewExpression: node => {
      const { callee, arguments: args, start } = node;
      if (callee.type === 'Identifier' && callee.name === 'Date' && args.length === 0) add(start, 'new Date()');
    },
    CallExpression: node => {
      const { callee, start } = node;
      if (callee.type === 'Identifier' && [...TIMERS, 'Date'].includes(callee.name)) add(start, `${callee.name}()`);
      if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier' || callee.property.type !== 'Identifier') return;
      const { object, property } = callee;
      if (CLOCK_METHODS[object.name]?.includes(property.name)) add(start, `${object.name}.${property.name}()`);
      if (object.name === 'globalThis' && TIMERS.includes(property.name)) add(start, `${property.name}()`);
    },
  });
  return found;
};

/** Types say what is known: no `any`, and nothing that switches the checker off. */
export const typesAreKept: Rule = file => {
  const found: Violation[] = [];
  visit(file, { TSAnyKeyword: node => found.push(at(file, node.start, '`any`: say what it is, or `unknown`')) });
  for (const { value, start } of commentsOf(file)) {
    if (/@ts-(ignore|nocheck)\b/.test(value)) found.push(at(file, start, 'switches the type checker off'));
  }
  return found;
};

/** What is left to do is not told in comments. */
export const nothingLeftToDo: Rule = file =>
  commentsOf(file)
    .filter(({ value }) => /\b(TODO|FIXME|XXX|HACK)\b/.test(value))
    .map(({ start }) => at(file, start, 'a comment says that something is left to do'));

const MAX_LINES = 400;
/** Files that may be longer, each with the reason. */
const LONG_FILES: Readonly<Record<string, string>> = {};

/** A long file does more than one thing, as a rule: split it, or say above why not. */
export const filesAreShort: Rule = ({ path, text }) => {
  const lines = text.split('\n').length - 1;
  return lines > MAX_LINES && !(path in LONG_FILES)
    ? [`${path}: ${lines} lines, more than ${MAX_LINES}: split it, or give a reason in LONG_FILES`]
    : [];
};
