import { Button, Checkbox, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import type { FoundPreview } from '../../src-main/contract/preview.ts';
import { whole } from '../shared/format.ts';
import { ProblemList } from '../shared/ProblemList.tsx';
import { importDataset, requireProject } from '../state/actions.ts';
import { ClassShares } from './ClassShares.tsx';
import { Examples } from './Examples.tsx';
import { Framed } from './Framed.tsx';
import { useImport } from './store.ts';

const trimmed = (classes: ClassInfo[]) => classes.map(({ name, color }) => ({ name: name.trim(), color }));

/** What is wrong with the names of classes; null where nothing is. */
function faultOf(classes: ClassInfo[]): string | null {
  const names = trimmed(classes).map((one) => one.name);
  if (names.includes('')) return 'A class has no name.';
  const twice = names.find((name, i) => names.indexOf(name) < i);
  return twice === undefined ? null : `Two classes are called “${twice}”.`;
}

/** A data set as it would be imported. */
export function Found({ preview, file }: { preview: FoundPreview; file: string }) {
  const { reading, name, classes: own, setName, setReading, close } = useImport();
  const [overlay, setOverlay] = useState(true);
  const [only, setOnly] = useState<number | null>(null);
  const byHand = reading !== null && 'images' in reading;
  const title = name ?? preview.name;
  const classes = own ?? preview.classes;
  const fault = faultOf(classes);

  async function start() {
    if (!(await requireProject())) return;
    if (await importDataset({ file, name: title.trim(), reading, classes: own && trimmed(own) }, preview.root)) close();
  }

  return (
    <Framed
      actions={
        <>
          {byHand && (
            <Button variant="default" onClick={() => setReading(null)}>
              Back
            </Button>
          )}
          <Button disabled={!title.trim() || fault !== null} onClick={start} data-testid="import-start">
            {preview.known ? 'Import again' : 'Import'}
          </Button>
        </>
      }
    >
      <div className="import-facts" data-panel>
        <TextInput
          label="Name"
          value={title}
          maxLength={200}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
          data-testid="import-name"
        />
        <Select
          label="Layout"
          allowDeselect={false}
          readOnly={byHand || preview.layouts.length < 2}
          data={
            byHand
              ? [{ value: preview.layout, label: 'Images and label maps' }]
              : preview.layouts.map((one) => ({ value: one.name, label: one.title }))
          }
          value={preview.layout}
          onChange={(layout) => layout && setReading({ layout })}
          data-testid="import-layout"
        />
        <p className="quiet import-root" title={preview.root}>
          {preview.root}
        </p>
        <table className="sheet" data-testid="import-splits">
          <thead>
            <tr>
              <th>Split</th>
              <th className="number">Images</th>
              <th className="number">Labelled</th>
            </tr>
          </thead>
          <tbody>
            {preview.splits.map((split) => (
              <tr key={split.name}>
                <td>{split.name}</td>
                <td className="number">{whole(split.items)}</td>
                <td className="number">{whole(split.labelled)}</td>
              </tr>
            ))}
            <tr>
              <td className="quiet">All</td>
              <td className="number">{whole(preview.items)}</td>
              <td className="number">{whole(preview.labelled)}</td>
            </tr>
          </tbody>
        </table>
        <ClassShares preview={preview} classes={classes} fault={fault} only={only} setOnly={setOnly} />
      </div>
      <div className="import-sight" data-panel>
        <div className="row">
          <h3 className="panel-title grow">
            {preview.examples.length} {preview.examples.length === 1 ? 'example' : 'examples'}
          </h3>
          <Checkbox
            label="Label maps over the images"
            checked={overlay}
            onChange={(event) => setOverlay(event.currentTarget.checked)}
          />
        </div>
        <Examples preview={preview} classes={classes} overlay={overlay} only={only} />
        <div className="import-problems" data-testid="import-problems">
          <h3 className="panel-title">
            {preview.problems.length === 0
              ? 'No problems in the folder, nor in the images that were looked at'
              : `${whole(preview.problems.length)} ${preview.problems.length === 1 ? 'problem' : 'problems'} in the folder and in the images that were looked at`}
          </h3>
          <ProblemList problems={preview.problems} />
        </div>
      </div>
    </Framed>
  );
}
