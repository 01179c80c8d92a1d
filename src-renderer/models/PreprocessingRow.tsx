import { useMemo } from 'react';
import type { ClassInfo, DatasetSummary } from '../../src-main/contract/dataset.ts';
import type { ModelSummary, Preprocessing } from '../../src-main/contract/model.ts';
import { resources } from '../../src-main/contract/resources.ts';
import { paletteBytes } from '../canvas/palette.ts';
import { mapPlane, outputClasses, type Plane, type Prediction } from '../canvas/planes.ts';
import { loadLabels, loadPrediction } from '../canvas/sources.ts';
import { useLoaded } from '../canvas/use-picture.ts';
import { imageScores } from '../compare/panes.ts';
import { percent } from '../shared/format.ts';
import { LabelCanvas } from '../shared/LabelCanvas.tsx';
import { RefusalBox } from '../shared/RefusalBox.tsx';

interface Seen {
  predictions: Prediction[];
  /** Null where there are no labels, or none that the model's classes can be held against. */
  truths: (Plane | null)[];
}

/** One way to prepare pictures, with what the model then sees in a few of them. */
export function PreprocessingRow(props: {
  model: ModelSummary;
  classes: ClassInfo[];
  dataset: DatasetSummary | null;
  items: number[];
  title: string;
  preprocessing: Preprocessing;
  chosen: boolean;
  choose: () => void;
  testid: string;
}) {
  const { model, classes, dataset, items, title, preprocessing, chosen, choose, testid } = props;
  const key = items.length === 0 ? null : `${model.id} ${model.card.sha256} ${JSON.stringify(preprocessing)} ${items}`;
  const { value, error, loading } = useLoaded<Seen>(key, async () => ({
    predictions: await Promise.all(items.map((item) => loadPrediction(model, item, { preprocessing }))),
    truths: await Promise.all(items.map((item) => loadLabels(item).catch(() => null))),
  }));
  const palette = useMemo(() => paletteBytes(classes, new Set()), [classes]);
  const score = useMemo(
    () => (value && dataset ? scoreOf(value, classes, dataset.classes) : null),
    [value, classes, dataset],
  );
  const { channels, mean, std, scale } = preprocessing;
  const formula = `${channels.toUpperCase()}, (x − ${list(mean)}) ÷ ${list(std)}${scale === 1 ? '' : ` × ${fraction(scale)}`}`;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a row of pictures is no input
    <button
      type="button"
      role="radio"
      aria-checked={chosen}
      className="plain-button card-choice"
      data-chosen={chosen || undefined}
      onClick={choose}
      aria-busy={loading || undefined}
      data-testid={testid}
    >
      <span className="card-choice-words">
        <strong>{title}</strong>
        <span className="quiet">{formula}</span>
        {value && <span>{percent(sureness(value.predictions))} % sure on average</span>}
        {score !== null && <span data-testid={`${testid}-score`}>mIoU {percent(score)} on these</span>}
        {error && <RefusalBox refusal={error} />}
      </span>
      {items.map((item, i) => (
        <span key={item} className="card-picture">
          <img src={resources.image(item)} alt="" draggable={false} />
          <LabelCanvas labels={value?.predictions[i]?.classes[0] ?? null} palette={palette} />
        </span>
      ))}
    </button>
  );
}

function list(values: readonly number[]): string {
  const short = values.map((value) => String(Math.round(value * 10) / 10));
  return new Set(short).size === 1 ? short[0] : `[${short.join(', ')}]`;
}

function fraction(scale: number): string {
  return Math.abs(scale * 255 - 1) < 1e-6 ? '1/255' : String(scale);
}

/** The mean probability of the likeliest output. */
function sureness(predictions: readonly Prediction[]): number {
  let [sum, count] = [0, 0];
  for (const { probabilities } of predictions) {
    for (const value of probabilities[0]) sum += value;
    count += probabilities[0].length;
  }
  return sum / (65535 * Math.max(1, count));
}

/** The mean of the images' mIoU; null where no class of the model is one of the data set's. */
function scoreOf({ predictions, truths }: Seen, classes: ClassInfo[], truth: ClassInfo[]): number | null {
  const table = outputClasses(classes, truth);
  if (!table.some((value) => value < truth.length)) return null;
  const scores = predictions.flatMap((prediction, i) => {
    const labels = truths[i];
    const { mIoU } = labels
      ? imageScores(labels, mapPlane(prediction.classes[0], table), truth.length)
      : { mIoU: null };
    return mIoU === null ? [] : [mIoU];
  });
  return scores.length === 0 ? null : scores.reduce((sum, value) => sum + value, 0) / scores.length;
}
