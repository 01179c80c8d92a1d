/**
 * What a step's batch is made of: a pure function of the recipe's seed and the step, so that a resume needs no
 * generator's state and batches may be prepared ahead, in any order.
 */
import { randomOrder, randomUniform } from '../base/random.ts';
import type { JobData } from '../contract/job.ts';
import type { Recipe } from '../contract/recipe.ts';
import type { Domain } from '../distillation/domains.ts';

/** How one sample is cut out of its image. Offsets are fractions (0–1) of the room there is to move the crop. */
export interface SamplePlan {
  /** Index into the data's items. */
  item: number;
  scale: number;
  flip: boolean;
  top: number;
  left: number;
}

export type PlanSettings = Pick<Recipe, 'seed' | 'batch' | 'augmentation'>;

/** The items of a data set that are trained on: the labelled ones of a source; of a target all, without their labels. */
export function itemsOn(domain: Domain, items: JobData['items']): JobData['items'] {
  if (domain === 'source') return items.filter(({ labels }) => labels !== null);
  return items.map((item) => ({ ...item, labels: null, corrected: false }));
}

/** Makes the plan of a step's batch; keeps an epoch's order while it is in use. */
export class BatchPlanner {
  private readonly settings: PlanSettings;
  private readonly items: number;
  /** Stands before what random numbers are for: each data set has its own. */
  private readonly whose: string;
  private epoch = -1;
  private order: Uint32Array = new Uint32Array();

  /** @param items how many items the split has, at least 1 */
  constructor(settings: PlanSettings, items: number, domain: Domain = 'source') {
    this.settings = settings;
    this.whose = domain === 'source' ? '' : 'target ';
    this.items = items;
  }

  /** The samples of a step (counted from 0), `batch` of them. Each epoch is a new random order of all items. */
  plan(step: number): SamplePlan[] {
    const { seed, batch, augmentation } = this.settings;
    const [low, high] = augmentation.scale;
    const draw = (purpose: string, i: number) => randomUniform(seed, this.whose + purpose, step, i);
    return Array.from({ length: batch }, (_, i) => ({
      item: this.itemAt(step * batch + i),
      scale: low + (high - low) * draw('scale', i),
      flip: draw('flip', i) < augmentation.flip,
      top: draw('top', i),
      left: draw('left', i),
    }));
  }

  private itemAt(position: number): number {
    const epoch = Math.floor(position / this.items);
    if (epoch !== this.epoch) {
      this.order = randomOrder(this.items, this.settings.seed, `${this.whose}order`, epoch);
      this.epoch = epoch;
    }
    return this.order[position % this.items];
  }
}
