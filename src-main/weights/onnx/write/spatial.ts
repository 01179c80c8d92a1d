import { adaptiveMatrix, transposed } from '../../../engine/ops/spatial.ts';
import { binsOf } from '../../../networks/kinds/adaptive-average-pool.ts';
import type { Attributes } from '../../../networks/node-kind.ts';
import { windowOf } from '../../../networks/window.ts';
import type { WriteKind } from '../writer.ts';

/** Pooling, resizing and padding. */
export const spatial: Record<string, WriteKind> = {
  averagePool: ({ node, inputs, output, writer }) => {
    writer.op('AveragePool', inputs, output, { count_include_pad: 1, ...window(node.attrs) });
  },
  maxPool: ({ node, inputs, output, writer }) => writer.op('MaxPool', inputs, output, window(node.attrs)),
  // The places of the maxima come from the pooling, which is done again for them
  maxUnpool: ({ node, inputs, output, size: [height, width, channels], writer }) => {
    const places = `${output}/places`;
    writer.op('MaxPool', [inputs[1]], `${output}/maxima`, window(node.attrs), [places]);
    const shape = writer.ints(`${output}/shape`, [1, channels, height, width]);
    writer.op('MaxUnpool', [inputs[0], places, shape], output, window(node.attrs));
  },
  adaptiveAveragePool: ({ node, inputs, output, sizes: [[height, width]], writer }) => {
    const [down, across] = binsOf(node.attrs, [[height, width]]);
    if (down === 1 && across === 1) writer.op('GlobalAveragePool', inputs, output);
    else if (height % down === 0 && width % across === 0) {
      const kernel = [height / down, width / across];
      writer.op('AveragePool', inputs, output, { kernel_shape: kernel, strides: kernel });
    } else {
      // Overlapping bins: a matrix along each axis
      const rows = writer.array(`${output}/rows`, [down, height], adaptiveMatrix(height, down));
      const turned = transposed(adaptiveMatrix(width, across), width);
      const columns = writer.array(`${output}/columns`, [width, across], turned);
      writer.op('MatMul', [writer.op('MatMul', [rows, inputs[0]], `${output}/down`), columns], output);
    }
  },
  resize: ({ node, inputs, output, size: [height, width, channels], writer }) => {
    const sizes = writer.ints(`${output}/sizes`, [1, channels, height, width]);
    writer.op('Resize', [inputs[0], '', '', sizes], output, mode(node.attrs));
  },
  pad: ({ node, inputs, output, writer }) => {
    const [top, bottom, left, right] = windowOf(node.attrs).padding;
    writer.op(
      'Pad',
      [...inputs, writer.ints(`${output}/pads`, [0, 0, top, left, 0, node.attrs.channels ?? 0, bottom, right])],
      output,
    );
  },
};

function window({ kernel, stride, padding }: Attributes) {
  const pads = [padding, padding, padding, padding];
  return { kernel_shape: [kernel, kernel], pads, strides: [stride, stride] };
}

/** How places are found, in ONNX's words. */
function mode({ nearest, alignCorners, exact }: Attributes): Record<string, string> {
  const corners = alignCorners === 1;
  if (nearest !== 1) {
    return { coordinate_transformation_mode: corners ? 'align_corners' : 'half_pixel', mode: 'linear' };
  }
  const rule = corners ? 'align_corners' : exact === 1 ? 'half_pixel' : 'asymmetric';
  const rounding = rule === 'asymmetric' ? 'floor' : 'round_prefer_ceil';
  return { coordinate_transformation_mode: rule, mode: 'nearest', nearest_mode: rounding };
}
