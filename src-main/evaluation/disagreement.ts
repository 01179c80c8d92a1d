/** How much two models differ on each of many images. */
import type { JobData, Measured } from '../contract/job.ts';
import { type OpenModel, requireClasses } from '../training/model.ts';
import { eachImage } from './each-image.ts';
import { predictClasses } from './evaluate.ts';
import { rarityWeights } from './rarity.ts';

/**
 * The share of each image's pixels, 0–1, in which the likeliest outputs of two models differ; and the same with each of
 * these pixels counted by the rarer of the two classes (`rarityWeights`). What is labelled there, or ignored, plays no
 * part.
 * @param pixels labelled pixels of each class in the whole data set
 * @param onProgress told after each image
 * @throws Problem where a file cannot be read, or a model has other classes than the data
 */
export async function disagreement(
  models: readonly [OpenModel, OpenModel],
  data: JobData,
  pixels: readonly number[],
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Measured[]> {
  for (const model of models) requireClasses(model.card, data.classes);
  const weights = rarityWeights(pixels);
  const plain: Measured = { kind: 'disagreement', rare: false, values: [] };
  const weighted: Measured = { kind: 'disagreement', rare: true, values: [] };
  await eachImage(
    data,
    (image, { id: item }) => {
      const [one, other] = models.map((model) => predictClasses(model, image).predicted);
      let differing = 0;
      let rare = 0;
      for (let i = 0; i < one.length; i++) {
        if (one[i] === other[i]) continue;
        differing++;
        rare += Math.max(weights[one[i]] ?? 0, weights[other[i]] ?? 0);
      }
      plain.values.push({ item, value: differing / one.length });
      weighted.values.push({ item, value: rare / one.length });
    },
    onProgress,
  );
  return [plain, weighted];
}
