/** The form that adds a source: what was typed, what the test said. Outside React. */
import type { SourceReport } from '../../src/core/ports.ts';
import { isAbort, toProblem } from '../../src/core/problem.ts';
import { createStore, type Store } from '../../src/state/store.ts';
import { wrapCells } from '../../src/ui/cells.ts';
import type { Services } from '../../src/ui/services.ts';
import type { SourceDraft, SourceField, SourceForm } from '../../src/ui/source-admin.ts';

export type FormState = {
  readonly open: boolean;
  /** Index of the kind of source. */
  readonly kind: number;
  readonly values: Readonly<Record<string, string>>;
  /** Index into `fields()`. */
  readonly focus: number;
  readonly testing: AbortController | undefined;
};

/** The first two fields of every form. */
export const KIND: SourceField = { name: 'kind', help: 'up and down choose', type: 'switch', required: true };
export const NAME: SourceField = { name: 'name', help: 'how it is called here, such as prod', type: 'text', required: true };

export type SourceFormScreen = Store<FormState> & {
  form(): SourceForm | undefined;
  fields(): readonly SourceField[];
  field(): SourceField | undefined;
  value(field: SourceField): string;
  type(field: SourceField, value: string): void;
  begin(): void;
  leave(): void;
  move(by: 1 | -1): void;
  /** Another kind, or yes and no of a switch. */
  cycle(by: 1 | -1): void;
  /** Tests the source and, when the person says so, saves it. */
  submit(): Promise<void>;
};

const CLOSED: FormState = { open: false, kind: 0, values: {}, focus: 0, testing: undefined };

const reportLines = ({ version, account, can, cannot, remarks }: SourceReport): string[] => [
  `${version}: ${account}`,
  `It can ${can.join(', ') || 'do nothing'}.${cannot.length > 0 ? ` It cannot ${cannot.join(', ')}.` : ''}`,
  ...remarks,
];

export function createSourceForm(services: Services): SourceFormScreen {
  const store = createStore(CLOSED);
  const patch = (change: Partial<FormState>) => store.set(state => ({ ...state, ...change }));
  const forms = () => services.sourceAdmin?.forms ?? [];
  const form = () => forms()[store.get().kind];
  const fields = () => [KIND, NAME, ...(form()?.fields ?? [])];
  const field = () => fields()[store.get().focus];
  const value = (of: SourceField) => (of === KIND ? (form()?.title ?? '') : (store.get().values[of.name] ?? ''));

  const draft = (): SourceDraft | undefined => {
    const kind = form()?.kind;
    const own = fields()
      .slice(2)
      .filter(({ name }) => (store.get().values[name] ?? '') !== '');
    const values = Object.fromEntries(own.map(({ name, type }) => [name, type === 'switch' ? '' : (store.get().values[name] ?? '')]));
    return kind && { kind, name: value(NAME).trim(), values };
  };

  /** Asks whether to save, with what the test found; resolves false on no. */
  const saveAfter = async (source: SourceDraft, abort: AbortController): Promise<boolean> => {
    const { sourceAdmin, ui } = services;
    if (!sourceAdmin) return false;
    const wrapped = (lines: readonly string[]) => lines.flatMap(line => wrapCells(line, ui.get().columns - 4));
    try {
      const report = await sourceAdmin.test(source, abort.signal);
      return await ui.confirm({ title: `${source.name} works. Save it?`, lines: wrapped(reportLines(report)), yes: 'save' });
    } catch (thrown) {
      const problem = toProblem(thrown);
      if (isAbort(thrown) || problem.kind === 'usage') throw thrown;
      return await ui.confirm({
        title: `${source.name} does not work. Save it all the same?`,
        lines: wrapped([problem.message]),
        yes: 'save',
      });
    }
  };

  return {
    ...store,
    form,
    fields,
    field,
    value,
    type: (of, text) => patch({ values: { ...store.get().values, [of.name]: text } }),
    begin: () => patch({ ...CLOSED, open: true }),
    leave() {
      store.get().testing?.abort();
      patch(CLOSED);
    },
    move(by) {
      const count = fields().length;
      patch({ focus: (store.get().focus + by + count) % count });
    },
    cycle(by) {
      const of = field();
      const { kind, values } = store.get();
      if (of === KIND) patch({ kind: (kind + by + forms().length) % forms().length });
      else if (of?.type === 'switch') patch({ values: { ...values, [of.name]: values[of.name] ? '' : 'yes' } });
      else this.move(by);
    },
    async submit() {
      const source = draft();
      if (!source || store.get().testing) return;
      const { ui, sourceAdmin } = services;
      const abort = new AbortController();
      patch({ testing: abort });
      ui.say(`Testing ${source.name} …`);
      try {
        if (!(await saveAfter(source, abort))) return ui.say('Nothing was saved.');
        await sourceAdmin?.save(source);
        patch(CLOSED);
        ui.say(`${source.name} is saved and open.`);
      } catch (thrown) {
        ui.say(isAbort(thrown) ? 'The test was stopped.' : toProblem(thrown).message, isAbort(thrown) ? 'info' : 'error');
      } finally {
        if (store.get().testing === abort) patch({ testing: undefined });
      }
    },
  };
}
