import { Button, Select, Textarea } from '@mantine/core';
import type { StrangePreview } from '../../src-main/contract/preview.ts';
import { Framed } from './Framed.tsx';
import { useImport } from './store.ts';

/** A folder that no layout fits: what was looked for, and how the user can say what it holds. */
export function Strange({ preview }: { preview: StrangePreview }) {
  const { draft, setReading, open } = useImport();
  const { root, content, looked, near, folders } = preview;
  const classes = draft.classes.split('\n').map((line) => line.trim());
  while (classes.at(-1) === '') classes.pop();
  const twice = classes.find((name, i) => classes.indexOf(name) < i);
  const fault = classes.includes('') ? 'One of the lines is empty.' : twice && `“${twice}” stands there twice.`;
  const { images, labels } = draft;
  const complete = images !== null && labels !== null && images !== labels && classes.length > 0 && !fault;
  return (
    <Framed
      actions={
        folders.length > 1 && (
          <Button
            disabled={!complete}
            onClick={() => complete && setReading({ images, labels, classes })}
            data-testid="import-read"
          >
            Look at it so
          </Button>
        )
      }
    >
      <div className="import-strange" data-testid="import-strange">
        <p>
          {root} is laid out in no way that Stillroom knows: {content ? `it holds ${content}` : 'it is empty'}.
        </p>
        {near && (
          <p>
            There is a data set in {near.label}.{' '}
            <Button variant="default" onClick={() => open(near.file)} data-testid="import-near">
              Open that one
            </Button>
          </p>
        )}
        {folders.length > 1 ? (
          <ByHand folders={folders} fault={fault} count={classes.length} />
        ) : (
          <p className="quiet">
            Where images lie in one folder of it and label maps (PNG files of class numbers) in another, you can say
            here which they are.
          </p>
        )}
        <h3 className="panel-title">What was looked for</h3>
        <table className="sheet import-looked">
          <tbody>
            {looked.map((one) => (
              <tr key={one.name}>
                <td>{one.title}</td>
                <td className="quiet">{one.holds}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Framed>
  );
}

function ByHand(props: { folders: StrangePreview['folders']; fault: string | undefined; count: number }) {
  const { draft, setDraft } = useImport();
  const data = props.folders.map(({ name, images }) => ({ value: name, label: `${name} (${images})` }));
  const same = draft.images !== null && draft.images === draft.labels;
  return (
    <div className="import-by-hand" data-panel>
      <h3 className="panel-title">Say what it holds</h3>
      <Select
        label="Folder of images"
        data={data}
        value={draft.images}
        onChange={(images) => setDraft({ images })}
        data-testid="import-images"
      />
      <Select
        label="Folder of label maps: PNG files of class numbers, named as the images"
        data={data}
        value={draft.labels}
        error={same ? 'These are the images.' : undefined}
        onChange={(labels) => setDraft({ labels })}
        data-testid="import-labels"
      />
      <Textarea
        label="Classes, one on each line, from value 0 on; 255 is ignored"
        autosize
        minRows={4}
        maxRows={10}
        value={draft.classes}
        error={props.fault}
        description={props.count > 0 ? `Values 0 to ${props.count - 1}` : undefined}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        onChange={(event) => setDraft({ classes: event.currentTarget.value })}
        data-testid="import-class-list"
      />
    </div>
  );
}
