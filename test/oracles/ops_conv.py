"""Golden values of convolutions of every geometry, made as in ops.py. Writes test/conformance/golden/ops-conv.json.

Run again with any Python that has PyTorch: python test/oracles/ops_conv.py
"""
import json
import pathlib

import torch.nn.functional as F

from ops import case, nchw, nhwc


def sides(padding):
    """[top, bottom, left, right] of a number, a pair or four."""
    if isinstance(padding, int):
        return [padding] * 4
    return [padding[0], padding[0], padding[1], padding[1]] if len(padding) == 2 else padding


def conv(name, shape, filters, kernel, stride=1, dilation=1, padding=0, groups=1):
    def run(x, w):
        top, bottom, left, right = sides(padding)
        padded = F.pad(nchw(x), [left, right, top, bottom])
        return [nhwc(F.conv2d(padded, w.permute(3, 2, 0, 1), None, stride, 0, dilation, groups))]

    attrs = {"stride": stride, "dilation": dilation, "padding": padding, "groups": groups}
    return case("conv", name, [shape, [*kernel, shape[3] // groups, filters]], attrs, run)


def transposed(name, shape, filters, kernel, stride, padding=0, output_padding=0, dilation=1, groups=1):
    def run(x, w):
        return [nhwc(F.conv_transpose2d(nchw(x), w.permute(3, 2, 0, 1), None, stride, padding, output_padding, groups, dilation))]

    attrs = {"stride": stride, "dilation": dilation, "padding": padding, "groups": groups}
    return case("convTranspose", name, [shape, [*kernel, filters // groups, shape[3]]], attrs, run)


CASES = [
    conv("5×1", [2, 6, 5, 3], 2, [5, 1], padding=[2, 0]),
    conv("1×5", [2, 5, 6, 3], 2, [1, 5], padding=[0, 2]),
    conv("3×5 stride 2×1 dilation 1×2", [1, 7, 9, 2], 3, [3, 5], [2, 1], [1, 2], [1, 4]),
    conv("3×3 stride 1×2", [1, 5, 8, 2], 3, [3, 3], [1, 2], 1, [1, 1]),
    conv("3×1 dilation 4×1", [1, 9, 5, 2], 3, [3, 1], 1, [4, 1], [4, 0]),
    conv("TensorFlow's SAME, stride 2, even size", [1, 6, 8, 2], 3, [3, 3], 2, 1, [0, 1, 0, 1]),
    conv("four paddings", [1, 5, 6, 2], 3, [3, 3], 1, 1, [0, 2, 3, 1]),
    conv("1×1 with padding", [1, 3, 4, 2], 2, [1, 1], 1, 1, 1),
    conv("3×3 stride 2 dilation 2", [1, 9, 8, 2], 3, [3, 3], 2, 2, 2),
    conv("groups", [2, 5, 6, 6], 4, [3, 3], 1, 1, 1, 2),
    conv("groups, stride 2", [1, 6, 7, 6], 9, [3, 3], 2, 1, 1, 3),
    conv("groups, dilation 2", [1, 6, 7, 4], 6, [3, 3], 1, 2, 2, 2),
    conv("groups, 5×1", [1, 6, 5, 4], 4, [5, 1], 1, 1, [2, 0], 2),
    conv("groups, stride 2 dilation 2", [1, 7, 8, 4], 4, [3, 3], 2, 2, 2, 2),
    transposed("4×4 stride 2 padding 1", [1, 3, 4, 2], 3, [4, 4], 2, 1),
    transposed("3×3 stride 2 padding 1, output padding 1", [2, 3, 4, 3], 2, [3, 3], 2, 1, 1),
    transposed("3×3 stride 1 padding 1", [1, 4, 5, 2], 3, [3, 3], 1, 1),
    transposed("2×3 stride 3", [1, 3, 2, 2], 2, [2, 3], 3, 0, 1),
    transposed("3×2 stride 2×1", [1, 3, 4, 2], 2, [3, 2], [2, 1], [1, 0]),
    transposed("3×3 dilation 2", [1, 4, 5, 2], 3, [3, 3], 1, 2, 0, 2),
    transposed("groups", [1, 3, 4, 4], 6, [3, 3], 2, 1, 1, 1, 2),
]

if __name__ == "__main__":
    target = pathlib.Path(__file__).parent.parent / "conformance" / "golden" / "ops-conv.json"
    target.write_text(json.dumps(CASES, separators=(",", ":")) + "\n")
    print(f"{target}: {len(CASES)} cases, {target.stat().st_size} bytes")
