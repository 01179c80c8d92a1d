import { Button } from '@mantine/core';
import type { EvaluationSummary } from '../../src-main/contract/evaluation.ts';
import type { ModelSummary } from '../../src-main/contract/model.ts';
import { cssColor } from '../canvas/palette.ts';
import { count, percent, whole } from '../shared/format.ts';
import { useCardDialog } from './card-dialog.ts';
import { MeasureSpeed } from './MeasureSpeed.tsx';

/** What is known of a model besides its weights. */
export function ModelCardView({ model, evaluations }: { model: ModelSummary; evaluations: EvaluationSummary[] }) {
  const { card } = model;
  const options = Object.entries(card.network.options).map(([name, value]) => `${name} ${value}`);
  const frozen = card.network.graph?.nodes.some(({ kind }) => kind === 'opaque') ?? false;
  const { channels, mean, std, scale } = card.preprocessing;
  const facts: [string, string][] = [
    ['Network', [card.network.id, ...options].join(', ')],
    ...(frozen ? [['Run by', 'ONNX Runtime: it can teach, but is frozen and not exported'] as [string, string]] : []),
    ['Parameters', whole(model.parameters)],
    ['MACs', `${count(model.macs)} at ${model.inputSize[1]} × ${model.inputSize[0]}`],
    [
      'Outputs',
      card.outputs === card.classes.length
        ? String(card.outputs)
        : card.classes.length === 0
          ? `${card.outputs}, none for a class of pixels`
          : `${card.outputs}, for ${card.classes.length} classes`,
    ],
    ['Channels', channels.toUpperCase()],
    ['Mean', mean.join(', ')],
    ['Deviation', std.join(', ')],
    ['Scale', Math.abs(scale * 255 - 1) < 1e-6 ? '1/255' : String(scale)],
    ['Licence', card.licence],
    ['Source', card.source],
    ['SHA-256', card.sha256],
  ];
  return (
    <div data-testid="model-card">
      <h2>{card.name}</h2>
      {card.guessed && (
        <p className="model-guessed" data-testid="model-guessed">
          The file does not tell its {card.guessed.join(' and ')}:{' '}
          {card.guessed.length > 1 ? 'they are guesses' : 'it is a guess'}.
        </p>
      )}
      <dl className="facts">
        {evaluations.map((evaluation) => (
          <div key={evaluation.id}>
            <dt>
              mIoU on {evaluation.split}
              {evaluation.crf && ', with CRF'}
            </dt>
            <dd>
              {percent(evaluation.mIoU)} %, pixel accuracy {percent(evaluation.pixelAccuracy)} %, {evaluation.images}{' '}
              images
            </dd>
          </div>
        ))}
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <MeasureSpeed model={model} />
      <div className="model-classes">
        {card.classes.map(({ name, color }) => (
          <span key={name} className="row">
            <span className="swatch" style={{ background: cssColor(color) }} />
            {name}
          </span>
        ))}
      </div>
      {model.run === null && (
        <Button
          variant="default"
          onClick={() => useCardDialog.setState({ model: model.id })}
          data-testid="model-describe"
        >
          Classes and preprocessing…
        </Button>
      )}
    </div>
  );
}
