/** What it takes to know a file's network by the names and shapes of its tensors. */
import { type ModelCard, USUAL_PREPROCESSINGS } from '../../contract/model.ts';
import { type FileTensor, shapeText } from '../tensor-file.ts';

/** What is known of a file, as much as it tells, and its tensors by the names and in the layout that the network has in PyTorch. */
export type Recognised = Pick<ModelCard, 'network' | 'outputs'> & {
  tensors: ReadonlyMap<string, FileTensor>;
} & Partial<Pick<ModelCard, 'classes' | 'preprocessing' | 'licence' | 'source'>>;

/** @param tensors without the prefixes of wrappers */
export type Recognise = (tensors: ReadonlyMap<string, FileTensor>) => Recognised | undefined;

/** The preprocessing that most networks are trained with: RGB, ImageNet's mean and deviation (of images in 0–255). */
export const [{ preprocessing: IMAGENET_PREPROCESSING }] = USUAL_PREPROCESSINGS;

/** ImageNet's classes are of whole images: none is a class of pixels, so cards name none. */
export const IMAGENET = { outputs: 1000, classes: [] };

/** The tensors by other names, with those left out that have none. */
export function renamed(
  tensors: ReadonlyMap<string, FileTensor>,
  rule: (name: string) => string | undefined,
): Map<string, FileTensor> {
  const result = new Map<string, FileTensor>();
  for (const [name, tensor] of tensors) {
    const ours = rule(name);
    if (ours !== undefined) result.set(ours, tensor);
  }
  return result;
}

/** A matrix [outputs, inputs] as the filter of a 1×1 convolution; anything else as it is. */
export function asConvolution(tensor: FileTensor): FileTensor {
  return tensor.shape.length === 2 ? { ...tensor, shape: [...tensor.shape, 1, 1] } : tensor;
}

/** Whether a tensor is there with this shape. */
export function has(tensors: ReadonlyMap<string, FileTensor>, name: string, shape: readonly number[]): boolean {
  const tensor = tensors.get(name);
  return tensor !== undefined && shapeText(tensor.shape) === shapeText(shape);
}
