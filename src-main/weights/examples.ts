/** Short programs that show how an exported model is run elsewhere. Pure. */
import type { ModelCard } from '../contract/model.ts';
import type { Size2 } from '../networks/node-kind.ts';

/** Python with ONNX Runtime: a picture's classes as a label map. */
export function onnxExample(card: ModelCard, file: string, [height, width]: Size2): string {
  return `# pip install onnxruntime numpy pillow; then: python this.py PICTURE
import sys
import numpy as np
import onnxruntime
from PIL import Image

CLASSES = ${list(card.classes.map(({ name }) => name))}
WIDTH, HEIGHT = ${width}, ${height}
${preprocessing(card)}
picture = Image.open(sys.argv[1]).convert("RGB").resize((WIDTH, HEIGHT), Image.BILINEAR)
pixels = (np.asarray(picture, np.float32)${card.preprocessing.channels === 'bgr' ? '[:, :, ::-1]' : ''} - MEAN) / STD * SCALE
session = onnxruntime.InferenceSession(${text(file)})
(logits,) = session.run(None, {"input": pixels.transpose(2, 0, 1)[None].astype(np.float32)})
labels = logits[0].argmax(0).astype(np.uint8)
for index, name in enumerate(CLASSES):
    print(f"{name}: {(labels == index).mean():.1%}")
Image.fromarray(labels).save("labels.png")
`;
}

/** Python with PyTorch: the weights into a network of the same names. */
export function torchExample(card: ModelCard, file: string): string {
  return `# pip install torch safetensors numpy pillow. The names are those of the network's own PyTorch code:
# ${text(card.network.id)} with ${JSON.stringify(card.network.options)} and ${card.outputs} outputs, which is not part of this file.
import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

${preprocessing(card)}

def classes_of(network: torch.nn.Module, picture: str) -> np.ndarray:
    """The likeliest output of each pixel; sizes have to fit the network's stride."""
    network.load_state_dict(load_file(${text(file)}), strict=False)
    network.eval()
    pixels = np.asarray(Image.open(picture).convert("RGB"), np.float32)${card.preprocessing.channels === 'bgr' ? '[:, :, ::-1]' : ''}
    x = torch.from_numpy(((pixels - MEAN) / STD * SCALE).astype(np.float32)).permute(2, 0, 1)[None]
    with torch.no_grad():
        return network(x)[0].argmax(0).numpy()
`;
}

/** Python with TensorFlow Lite: a picture's classes as a label map. */
export function tfliteExample(card: ModelCard, file: string, [height, width]: Size2): string {
  return `# pip install ai-edge-litert numpy pillow; then: python this.py PICTURE
import sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

CLASSES = ${list(card.classes.map(({ name }) => name))}
WIDTH, HEIGHT = ${width}, ${height}
${preprocessing(card)}
picture = Image.open(sys.argv[1]).convert("RGB").resize((WIDTH, HEIGHT), Image.BILINEAR)
pixels = (np.asarray(picture, np.float32)${card.preprocessing.channels === 'bgr' ? '[:, :, ::-1]' : ''} - MEAN) / STD * SCALE
interpreter = Interpreter(${text(file)})
interpreter.allocate_tensors()
interpreter.set_tensor(interpreter.get_input_details()[0]["index"], pixels[None].astype(np.float32))
interpreter.invoke()
labels = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0].argmax(-1).astype(np.uint8)
for index, name in enumerate(CLASSES):
    print(f"{name}: {(labels == index).mean():.1%}")
Image.fromarray(labels).save("labels.png")
`;
}

/** JavaScript with TensorFlow.js, in a page or in Node: a picture's classes as a label map. */
export function tfjsExample(card: ModelCard, file: string, [height, width]: Size2): string {
  const { mean, std, scale, channels } = card.preprocessing;
  return `// npm install @tensorflow/tfjs; the files of the model lie beside this one on the server.
import * as tf from '@tensorflow/tfjs';

export const CLASSES = ${list(card.classes.map(({ name }) => name))};
const [WIDTH, HEIGHT] = [${width}, ${height}];
const [MEAN, STD, SCALE] = [[${mean.join(', ')}], [${std.join(', ')}], ${scale}];
const model = await tf.loadGraphModel(${text(file)});

/** The likeliest output of each pixel of an image, canvas, video or ImageData, in rows of WIDTH. */
export function labelsOf(picture) {
  return tf.tidy(() => {
    const pixels = tf.browser.fromPixels(picture)${channels === 'bgr' ? '.reverse(2)' : ''};
    const resized = tf.image.resizeBilinear(pixels, [HEIGHT, WIDTH], false, true);
    const logits = model.predict(resized.sub(MEAN).div(STD).mul(SCALE).expandDims(0));
    return logits.argMax(3).dataSync();
  });
}
`;
}

function preprocessing({ preprocessing: { mean, std, scale } }: ModelCard): string {
  return `MEAN, STD, SCALE = [${mean.join(', ')}], [${std.join(', ')}], ${scale}`;
}

/** A text as Python writes it; JSON's escapes are Python's too. */
function text(value: string): string {
  return JSON.stringify(value);
}

function list(values: string[]): string {
  return `[${values.map(text).join(', ')}]`;
}
