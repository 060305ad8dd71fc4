/** The form that adds a source. Secrets are never typed into it: it asks where they are. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { fit } from '../../src/ui/cells.ts';
import type { Size } from '../../src/ui/keys/command.ts';
import { Line } from '../../src/ui/Line.tsx';
import type { SourceField } from '../../src/ui/source-admin.ts';
import { TextField } from '../../src/ui/TextField.tsx';
import type { Segment } from '../../src/ui/theme.ts';
import { useStore } from '../../src/ui/use-store.ts';
import type { SourceFormScreen } from './form.ts';

const LABEL = 22;

type FieldProps = { readonly form: SourceFormScreen; readonly field: SourceField; readonly focused: boolean; readonly width: number };

function Field({ form, field, focused, width }: FieldProps): ReactNode {
  const label = fit(`${focused ? '▸' : ' '} ${field.name}${field.required ? ' *' : ''}`, LABEL);
  const room = Math.max(12, Math.min(40, Math.floor((width - LABEL) / 2)));
  const text = form.value(field);
  const hint: Segment = { text: ` ${field.help}`, tone: 'muted' };
  const tone = focused ? 'accent' : undefined;
  if (field.type === 'switch') {
    return <Line width={width} segments={[{ text: label, tone }, { text: fit(text || 'no', room) }, hint]} />;
  }
  return (
    <Box width={width} height={1}>
      <Line width={LABEL} segments={[{ text: label, tone }]} />
      <Box width={room} height={1}>
        <TextField value={text} focus={focused} width={room} onChange={value => form.type(field, value)} />
      </Box>
      <Line width={Math.max(0, width - LABEL - room)} segments={[hint]} />
    </Box>
  );
}

export function SourceFormView({ form, width, height }: { readonly form: SourceFormScreen } & Size): ReactNode {
  const { focus, testing } = useStore(form);
  const fields = form.fields();
  const state: Segment = testing
    ? { text: ' testing …   ctrl+c stops', tone: 'accent' }
    : { text: ' enter on the last field tests it; nothing is saved before', tone: 'muted' };
  const first = Math.max(0, Math.min(focus - height + 4, fields.length - height + 3));
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Line width={width} segments={[{ text: ' Add a source', tone: 'strong' }, state]} />
      {fields.slice(first, first + height - 2).map((field, index) => (
        <Field key={`${form.form()?.kind}.${field.name}`} form={form} field={field} focused={first + index === focus} width={width} />
      ))}
    </Box>
  );
}
