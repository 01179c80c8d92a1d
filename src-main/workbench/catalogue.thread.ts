/** The thread of `Catalogue`. */
import { writeAtomic } from '../base/files.ts';
import { serveThread } from '../base/thread-pool.ts';
import { methodInfos } from '../distillation/registry.ts';
import { countNetwork } from '../networks/graph.ts';
import { buildNetwork, networkInfos, networkTaps } from '../networks/registry.ts';
import { checkRecipe, requireRecipe } from '../training/check-recipe.ts';
import { memoryNeed } from '../training/memory-estimate.ts';
import { exportModel } from '../weights/export-model.ts';
import { readKnownWeights } from '../weights/known-model.ts';
import { matchFile, namedModelOf } from '../weights/match-file.ts';
import { changeCard, type Model, readModel, writeModel } from '../weights/model-file.ts';
import { openOnnx, UnmappedOnnx } from '../weights/onnx/read.ts';
import type { CatalogueAnswer, CatalogueRequest, FoundModel, UnmappedModel } from './catalogue.ts';

/** Multiply–accumulates are told for an input of this size: that of CamVid. */
const INPUT: [number, number] = [360, 480];

async function find(file: string): Promise<FoundModel | UnmappedModel> {
  try {
    return about(await readModel(file));
  } catch (error) {
    if (!(error instanceof UnmappedOnnx)) throw error;
    return { unmapped: { message: error.message, next: error.next } };
  }
}

function about({ card, notes }: Pick<FoundModel, 'card' | 'notes'>): FoundModel {
  const { parameters, macs } = countNetwork(buildNetwork(card.network, card.outputs), INPUT);
  return { card, parameters, macs, inputSize: INPUT, notes };
}

async function copyWhole(file: string, out: string): Promise<null> {
  writeAtomic(out, (await openOnnx(file)).bytes);
  return null;
}

function written(model: Model, out: string): FoundModel {
  writeModel(out, model.card, model.weights);
  return about(model);
}

serveThread<CatalogueRequest, CatalogueAnswer>((request) => {
  switch (request.kind) {
    case 'networks':
      return networkInfos();
    case 'taps':
      return networkTaps(request.network);
    case 'methods':
      return methodInfos();
    case 'check':
      return checkRecipe(request.recipe, request.binding);
    case 'require':
      return requireRecipe(request.recipe, request.binding);
    case 'memory':
      return memoryNeed(request.recipe, request.binding, request.engine, request.available);
    case 'parameters':
      return countNetwork(buildNetwork(request.network, request.outputs), INPUT).parameters;
    case 'model':
      return find(request.file);
    case 'match':
      return matchFile(request.file, request.naming);
    case 'wholeOnnx':
      return copyWhole(request.file, request.out);
    case 'describe':
      return changeCard(request.file, request.card).then(() => null);
    case 'convert':
      return namedModelOf(request.file, request.naming).then((model) => written(model, request.out));
    case 'rewrite':
      return readModel(request.file).then((model) => written(model, request.out));
    case 'known':
      return readKnownWeights(request.id).then((model) => written(model, request.out));
    case 'export':
      return readModel(request.file).then((model) =>
        exportModel(model, request.format, request.out, request.size, request.speed),
      );
  }
});
