"""Golden values of the tensor ops and their gradients, by PyTorch in float64. Writes test/conformance/golden/ops.json.

Run again with any Python that has PyTorch: python test/oracles/ops.py
Arrays are NHWC and HWIO there, as ours are. Inputs are not stored: both sides make them with `noise`.
"""
import json
import pathlib

import torch
import torch.nn.functional as F

from noise import noise


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def tensor(shape, seed):
    return noise(shape, seed).requires_grad_()


def listed(x):
    return {"shape": list(x.shape), "values": [float(f"{v:.7g}") for v in x.detach().flatten().tolist()]}


def case(op, name, shapes, attrs, run):
    """`run` is given the noise inputs (seeds 1, 2, …); every output gets the noise of seed 100, 101, … as gradient."""
    inputs = [tensor(shape, i + 1) for i, shape in enumerate(shapes)]
    y, *others = run(*inputs)
    y.backward(noise(y.shape, 100))
    return {
        "op": op,
        "name": name,
        "shapes": shapes,
        "attrs": attrs,
        "outputs": [listed(o) for o in [y, *others]],
        "gradients": [listed(i.grad) if i.grad is not None else None for i in inputs],
    }


def conv(name, shape, filters, kernel, stride=1, dilation=1, padding=0):
    def run(x, w):
        return [nhwc(F.conv2d(nchw(x), w.permute(3, 2, 0, 1), None, stride, padding, dilation))]

    attrs = {"stride": stride, "dilation": dilation, "padding": padding}
    return case("conv", name, [shape, [kernel, kernel, shape[3], filters]], attrs, run)


def transposed(name, shape, filters, kernel):
    def run(x, w):
        return [nhwc(F.conv_transpose2d(nchw(x), w.permute(3, 2, 0, 1), None, kernel))]

    attrs = {"stride": kernel, "dilation": 1, "padding": 0}
    return case("convTranspose", name, [shape, [kernel, kernel, filters, shape[3]]], attrs, run)


def batch_norm(name, shape):
    def run(x, scale, offset):
        mean, variance = torch.zeros(shape[3], dtype=x.dtype), torch.zeros(shape[3], dtype=x.dtype)
        y = nhwc(F.batch_norm(nchw(x), mean, variance, scale, offset, True, 1.0, 1e-3))
        return [y, mean, variance]

    return case("batchNorm", name, [shape, [shape[3]], [shape[3]]], {"epsilon": 1e-3}, run)


def inference(name, shape):
    def run(x, scale, offset, mean, spread):
        return [nhwc(F.batch_norm(nchw(x), mean.detach(), spread.detach() ** 2 + 0.1, scale, offset, False, 0, 1e-3))]

    return case("batchNormInference", name, [shape, *[[shape[3]]] * 4], {"epsilon": 1e-3}, run)


def prelu(name, shape):
    # Rounded, so that zeros are among the inputs.
    def run(x, slope):
        x.data = (x.data * 2).round() / 2
        return [nhwc(F.prelu(nchw(x), slope))]

    return case("prelu", name, [shape, [shape[3]]], {}, run)


def padded_pool(name, shape, kernel, stride, padding):
    attrs = {"kernel": kernel, "stride": stride, "padding": padding}
    return case("paddedAveragePool", name, [shape], attrs, lambda x: [nhwc(F.avg_pool2d(nchw(x), kernel, stride, padding))])


def pool(name, shape, kernel, stride, ceil):
    attrs = {"kernel": kernel, "stride": stride, "ceil": ceil}
    return case("averagePool", name, [shape], attrs, lambda x: [nhwc(F.avg_pool2d(nchw(x), kernel, stride, 0, ceil))])


def resize(name, shape, size, corners):
    def run(x):
        return [nhwc(F.interpolate(nchw(x), size=size, mode="bilinear", align_corners=corners))]

    return case("resizeBilinear", name, [shape], {"size": size, "alignCorners": corners}, run)


def bias(name, shape):
    return case("bias", name, [shape, [shape[3]]], {}, lambda x, b: [x + b])


CASES = [
    conv("1×1", [2, 4, 5, 3], 2, 1),
    conv("3×3", [2, 4, 5, 3], 2, 3, padding=1),
    conv("3×3 without padding", [1, 5, 6, 2], 3, 3),
    conv("3×3 stride 2, even size", [2, 6, 8, 2], 3, 3, stride=2, padding=1),
    conv("3×3 stride 2, odd size", [1, 7, 5, 2], 3, 3, stride=2, padding=1),
    conv("3×3 stride 2, mixed size", [1, 7, 6, 2], 3, 3, stride=2, padding=1),
    conv("5×5 stride 3", [1, 10, 11, 2], 2, 5, stride=3, padding=2),
    conv("3×3 dilation 2", [2, 6, 7, 2], 3, 3, dilation=2, padding=2),
    conv("3×3 dilation 4", [1, 9, 6, 3], 2, 3, dilation=4, padding=4),
    conv("3×3 dilation 16, beyond the image", [1, 5, 6, 2], 2, 3, dilation=16, padding=16),
    conv("3×3 dilation 2 without padding", [1, 7, 6, 2], 3, 3, dilation=2),
    transposed("2×2", [2, 3, 4, 3], 2, 2),
    transposed("3×3", [1, 2, 3, 2], 3, 3),
    bias("bias", [2, 3, 4, 3]),
    batch_norm("batch", [3, 4, 5, 3]),
    batch_norm("one image", [1, 3, 4, 2]),
    inference("running statistics", [2, 3, 4, 3]),
    prelu("per channel", [2, 5, 6, 3]),
    padded_pool("3×3 stride 2, even size", [2, 6, 8, 2], 3, 2, 1),
    padded_pool("3×3 stride 2, odd size", [1, 7, 5, 2], 3, 2, 1),
    pool("2", [2, 4, 6, 2], 2, 2, False),
    pool("2, ceil", [1, 5, 7, 2], 2, 2, True),
    pool("3 stride 2, ceil", [1, 6, 8, 2], 3, 2, True),
    pool("3 stride 4, a window beyond the end, ceil", [1, 5, 9, 2], 3, 4, True),
    pool("3 stride 2", [1, 6, 7, 2], 3, 2, False),
    resize("up", [2, 3, 4, 2], [7, 8], False),
    resize("up, corners aligned", [2, 3, 4, 2], [7, 8], True),
    resize("down", [1, 9, 10, 2], [4, 3], False),
    resize("down, corners aligned", [1, 9, 10, 2], [4, 3], True),
    resize("from one pixel", [1, 1, 1, 3], [3, 2], False),
    resize("to one pixel, corners aligned", [1, 4, 5, 2], [1, 1], True),
]

if __name__ == "__main__":
    target = pathlib.Path(__file__).parent.parent / "conformance" / "golden" / "ops.json"
    target.write_text(json.dumps(CASES, separators=(",", ":")) + "\n")
    print(f"{target}: {len(CASES)} cases, {target.stat().st_size} bytes")
