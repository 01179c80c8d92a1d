import { Button, NumberInput, Popover, Select } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import type { DatasetSummary } from '../../src-main/contract/dataset.ts';
import type { ModelSummary } from '../../src-main/contract/model.ts';
import { ask } from '../host.ts';
import { INSIDE } from '../shared/inside.ts';
import { SortSelect } from '../shared/SortSelect.tsx';
import { attempt } from '../state/actions.ts';
import type { ItemPages } from '../state/item-pages.ts';
import { useAsk } from '../state/queries.ts';
import { LastGain } from './LastGain.tsx';
import { useAnnotate } from './store.ts';
import { TakeBack } from './TakeBack.tsx';

/** Which image is the next to label, and labels that a model makes before: so that less is drawn by hand. */
export function LessMenu(props: { dataset: DatasetSummary; models: (ModelSummary | null)[]; list: ItemPages }) {
  const { dataset, list } = props;
  const models = props.models.filter((model) => model !== null);
  const listing = useAnnotate((state) => state.listing);
  const evaluations = useAsk('evaluations.list', { dataset: dataset.id }, { keep: true });
  const measures = useAsk('measures.list', { dataset: dataset.id }, { keep: true });
  const [model, setModel] = useState<number | null>(null);
  const [images, setImages] = useState(20);
  const [sure, setSure] = useState(90);
  const chosen = models.find(({ id }) => id === model) ?? models[0];

  const [teacher, student] = props.models;
  const apart = teacher && student && teacher.id !== student.id ? { model: teacher.id, other: student.id } : null;

  const first = () =>
    attempt(async () => {
      const item = await list.whenAt(0);
      if (item) useAnnotate.getState().setItem(item.id);
    });
  const compare = () =>
    attempt(async () => {
      if (!apart) return;
      await ask('measures.disagreement', { dataset: dataset.id, split: null, ...apart });
      notifications.show({ message: 'When it is done, where they differ most is among the orders.' });
    });
  const rate = () =>
    attempt(async () => {
      await ask('measures.uncertainty', { dataset: dataset.id, split: null, model: chosen.id });
      notifications.show({ message: 'When it is done, entropy and margin are among the orders.' });
    });
  const label = () =>
    attempt(async () => {
      const { item } = useAnnotate.getState();
      // Not the open image: what is drawn there meanwhile would be in the way.
      const from = (item === null ? -1 : list.indexOf(item)) + 1;
      const items: number[] = [];
      for (let place = from; place < from + images; place++) {
        const next = await list.whenAt(place);
        if (next) items.push(next.id);
      }
      if (items.length === 0) return;
      await ask('prelabels.start', { dataset: dataset.id, items, model: chosen.id, confidence: sure / 100 });
    });

  return (
    <Popover width={360} position="top-end" withinPortal trapFocus>
      <Popover.Target>
        <Button variant="subtle" color="gray" data-testid="label-less">
          Label less
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="less">
          <h2 className="panel-title">Next image</h2>
          <div className="row">
            <SortSelect
              evaluations={evaluations.data ?? []}
              measures={measures.data ?? []}
              classes={dataset.classes}
              sort={listing.sort}
              inside
              change={(sort) => useAnnotate.setState({ listing: { ...listing, sort } })}
            />
          </div>
          <Button variant="default" onClick={first} data-testid="less-first">
            Go to the first in this order
          </Button>
          {apart && (
            <Button
              variant="default"
              onClick={compare}
              title={`${teacher?.card.name} and ${student?.card.name}, as chosen in Compare`}
              data-testid="less-compare"
            >
              Compute where teacher and student differ
            </Button>
          )}
          {chosen ? (
            <>
              <Select
                label="Model"
                allowDeselect={false}
                comboboxProps={INSIDE}
                data={models.map(({ id, card }) => ({ value: String(id), label: card.name }))}
                value={String(chosen.id)}
                onChange={(id) => setModel(Number(id))}
                data-testid="less-model"
              />
              <Button variant="default" onClick={rate} data-testid="less-rate">
                Compute how unsure it is of each image
              </Button>
              <h2 className="panel-title">Pre-label</h2>
              <p className="quiet">Fills the pixels without a class in the next images, where the model is sure.</p>
              <div className="row">
                <NumberInput
                  aria-label="How many of the next images"
                  data-testid="less-images"
                  w={110}
                  min={1}
                  max={1000}
                  suffix=" images"
                  value={images}
                  onChange={(value) => typeof value === 'number' && setImages(value)}
                />
                <NumberInput
                  aria-label="At least so sure, in percent"
                  data-testid="less-sure"
                  w={90}
                  min={0}
                  max={100}
                  prefix="≥ "
                  suffix=" %"
                  value={sure}
                  onChange={(value) => typeof value === 'number' && setSure(value)}
                />
                <Button onClick={label} data-testid="less-prelabel">
                  Pre-label
                </Button>
              </div>
              <TakeBack dataset={dataset.id} />
            </>
          ) : (
            <p className="quiet">Import or train a model: then images can be ordered by it and pre-labelled.</p>
          )}
          <h2 className="panel-title">Gain</h2>
          <LastGain dataset={dataset} />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
