import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import type { NetworkRef } from '../../src-main/contract/model.ts';
import type { MethodInfo } from '../../src-main/contract/window.ts';
import { useAsk } from '../state/queries.ts';
import { useDraft, useDraftValue } from './draft.ts';
import { ChoiceField, JsonField, NumberField, SwitchField, TextField } from './fields.tsx';
import type { Json } from './paths.ts';
import { problemAt } from './paths.ts';
import { Section } from './Section.tsx';
import { type SchemaField, schemaFields } from './schema-fields.ts';
import { TapsFields } from './TapsFields.tsx';
import { TermScheduleFields } from './TermScheduleFields.tsx';

/** The terms of the loss: methods with their weights and options. */
export function MethodsSection({ teacherNetwork }: { teacherNetwork: NetworkRef | null }) {
  const methods = useAsk('methods.list', {}).data ?? [];
  const terms = (useDraftValue('methods') ?? []) as { method: string }[];
  const { set, problems } = useDraft();
  const add = (method: MethodInfo) =>
    set('methods', [
      ...(terms as Json[]),
      {
        ...{ method: method.id, weight: method.defaultWeight, params: {}, taps: null, schedule: null },
        ...(method.needsBoth ? { domain: 'both' } : {}),
      },
    ]);
  return (
    <Section
      title="Methods"
      action={
        <Menu position="bottom-end" width={300}>
          <Menu.Target>
            <Button variant="subtle" size="compact-xs" leftSection={<IconPlus size={12} />} data-testid="add-method">
              Add
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {methods.map((method) => (
              <Menu.Item key={method.id} onClick={() => add(method)} data-testid={`add-method-${method.id}`}>
                {method.title}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      }
    >
      {problemAt(problems, 'methods') && <span className="bad wide">{problemAt(problems, 'methods')}</span>}
      {terms.map((term, index) => (
        <Term
          // biome-ignore lint/suspicious/noArrayIndexKey: the place in the list is what the fields' paths are made of
          key={`${index} ${term.method}`}
          index={index}
          id={term.method}
          method={methods.find(({ id }) => id === term.method)}
          teacherNetwork={teacherNetwork}
          remove={() => set(`methods.${index}`, undefined)}
        />
      ))}
    </Section>
  );
}

function Term(props: {
  index: number;
  id: string;
  method: MethodInfo | undefined;
  teacherNetwork: NetworkRef | null;
  remove: () => void;
}) {
  const { index, id, method, teacherNetwork, remove } = props;
  const path = `methods.${index}`;
  const unknown = useDraft((state) => problemAt(state.problems, `${path}.method`) ?? problemAt(state.problems, path));
  const title = method?.title ?? id;
  return (
    <div className="term wide" data-testid={`term-${index}`}>
      <div className="row">
        <Tooltip label={method ? `${method.citation}  ${method.equation}` : id} multiline maw={420}>
          <strong className="grow ellipsis">{title}</strong>
        </Tooltip>
        <ActionIcon aria-label={`Remove ${title}`} onClick={remove}>
          <IconTrash size={14} />
        </ActionIcon>
      </div>
      {unknown && <div className="bad">{unknown}</div>}
      <div className="section-fields">
        <NumberField path={`${path}.weight`} label="Weight" initial={method?.defaultWeight} />
        <DomainField path={`${path}.domain`} />
        {method &&
          schemaFields(method.params).map((field) => (
            <ParamField key={field.name} field={field} path={`${path}.params.${field.name}`} />
          ))}
        <TermScheduleFields path={`${path}.schedule`} />
        {method?.taps && <TapsFields path={`${path}.taps`} teacherNetwork={teacherNetwork} />}
      </div>
    </div>
  );
}

const DOMAINS = { source: 'the source', target: 'the target', both: 'both, added up' };

/** On which data set a term counts, where there are two. */
function DomainField({ path }: { path: string }) {
  const two = Boolean(useDraftValue('target'));
  const domain = useDraftValue(path) ?? 'source';
  if (!two && domain === 'source') return null;
  return <ChoiceField path={path} label="Counts on" choices={Object.keys(DOMAINS)} titles={DOMAINS} initial="source" />;
}

function ParamField({ field, path }: { field: SchemaField; path: string }) {
  const props = { path, label: field.title, initial: field.initial };
  switch (field.kind) {
    case 'choice':
      return <ChoiceField {...props} choices={field.choices} nullable={field.nullable} />;
    case 'boolean':
      return <SwitchField {...props} />;
    case 'number':
    case 'integer':
      return <NumberField {...props} nullable={field.nullable} />;
    case 'text':
      return <TextField {...props} />;
    case 'json':
      return <JsonField {...props} />;
  }
}
