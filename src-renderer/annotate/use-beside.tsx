import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import type { ModelSummary } from '../../src-main/contract/model.ts';
import type { Layer, PaneSpec } from '../canvas/Stage.tsx';
import { usePredictionsAhead } from '../compare/use-ahead.ts';
import { type ModelView, useModelView } from '../compare/use-model-view.ts';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import type { ItemPages } from '../state/item-pages.ts';

/** Who is shown beside the label map that is drawn in, as labels can be taken from. */
const ROLES = ['teacher', 'student'] as const;
type Role = (typeof ROLES)[number];

/**
 * What teacher and student say of an image, as panes beside its label map.
 * @param models null: none are shown
 * @param item the image that is wanted; another may be in sight until it is there
 * @param layer what is drawn of the image that is in sight
 */
export function useBeside(
  models: Readonly<Record<Role, ModelSummary | null>> | null,
  list: ItemPages,
  item: number | null,
  classes: ClassInfo[],
): (inSight: number | null, layer: Layer) => PaneSpec[] {
  const teacher = useModelView(models?.teacher ?? null, item, classes, null, NONE, false);
  const student = useModelView(models?.student ?? null, item, classes, null, NONE, false);
  const views = { teacher, student };
  usePredictionsAhead(list, item, [teacher, student], false);
  return (inSight, layer) =>
    ROLES.flatMap((role) => {
      const view = views[role];
      return view ? [paneOf(role, view, { ...layer, labels: inSight === item ? view.labels : null })] : [];
    });
}

function paneOf(role: Role, { model, loading, error }: ModelView, layer: Layer): PaneSpec {
  const title = `${role} ${model.card.name}`;
  return {
    id: role,
    title,
    name: title,
    busy: loading,
    layers: [layer],
    message: error ? <RefusalBox refusal={error} /> : undefined,
  };
}

const NONE: never[] = [];
