"""Golden values of the ops that the layers of PSPNet, DeepLabV3 and BiSeNetV2 need, made as in ops.py.
Writes test/conformance/golden/ops-layers.json.

Run again with any Python that has PyTorch: python test/oracles/ops_layers.py
"""
import json
import pathlib

import torch.nn.functional as F

from ops import case, nchw, nhwc


def depthwise(name, shape, kernel, multiplier=1, stride=1, dilation=1, padding=0):
    def run(x, w):
        # [k, k, c, m] holds the filter of output channel c·m + j at [:, :, c, j].
        torch_filter = w.permute(2, 3, 0, 1).reshape(shape[3] * multiplier, 1, kernel, kernel)
        return [nhwc(F.conv2d(nchw(x), torch_filter, None, stride, padding, dilation, groups=shape[3]))]

    attrs = {"stride": stride, "dilation": dilation, "padding": padding}
    return case("depthwise", name, [shape, [kernel, kernel, shape[3], multiplier]], attrs, run)


def rounded(x, step):
    """In place, so that values lie where the function bends and windows hold equal values."""
    x.data = (x.data / step).round() * step
    return x


def activation(op, shape, scale, step):
    functions = {
        "relu": F.relu,
        "relu6": F.relu6,
        "sigmoid": F.sigmoid,
        "swish": F.silu,
        "hardSigmoid": F.hardsigmoid,
        "hardSwish": F.hardswish,
    }

    def run(x):
        x.data = x.data * scale
        return [functions[op](rounded(x, step))]

    return case(op, f"from -{scale} to {scale}", [shape], {"scale": scale, "step": step}, run)


def max_pool(name, shape, kernel, stride, padding, step):
    attrs = {"kernel": kernel, "stride": stride, "padding": padding, "step": step}
    return case("maxPool", name, [shape], attrs, lambda x: [nhwc(F.max_pool2d(nchw(rounded(x, step)), kernel, stride, padding))])


def adaptive(name, shape, bins):
    return case("adaptiveAveragePool", name, [shape], {"bins": bins}, lambda x: [nhwc(F.adaptive_avg_pool2d(nchw(x), bins))])


def resize(name, shape, size, nearest=0, corners=0):
    def run(x):
        if nearest:
            return [nhwc(F.interpolate(nchw(x), size=size, mode="nearest"))]
        return [nhwc(F.interpolate(nchw(x), size=size, mode="bilinear", align_corners=bool(corners)))]

    return case("resize", name, [shape, [shape[0], *size, 1]], {"nearest": nearest, "alignCorners": corners}, run_one(run))


def run_one(run):
    """The second input gives its size only."""
    return lambda x, like: run(x)


def pad(name, shape, top, bottom, left, right, channels=0):
    attrs = {"paddingTop": top, "paddingBottom": bottom, "paddingLeft": left, "paddingRight": right, "channels": channels}
    return case("pad", name, [shape], attrs, lambda x: [nhwc(F.pad(nchw(x), [left, right, top, bottom, 0, channels]))])


def unit_scale(name, shape):
    return case("unitScale", name, [shape, [shape[3]]], {}, lambda x, scale: [F.normalize(x, dim=3) * scale])


def multiply(name, shape, gate):
    return case("multiply", name, [shape, gate], {}, lambda x, y: [x * y])


CASES = [
    depthwise("3×3", [2, 5, 6, 3], 3, padding=1),
    depthwise("3×3 without padding", [1, 5, 6, 2], 3),
    depthwise("3×3, three of each", [2, 4, 5, 2], 3, multiplier=3, padding=1),
    depthwise("3×3 stride 2, even size", [2, 6, 8, 2], 3, stride=2, padding=1),
    depthwise("3×3 stride 2, odd size", [1, 7, 5, 2], 3, stride=2, padding=1),
    depthwise("3×3 stride 2, six of each", [1, 4, 6, 2], 3, multiplier=6, stride=2, padding=1),
    depthwise("5×5 stride 2", [1, 8, 7, 2], 5, stride=2, padding=2),
    depthwise("3×3 dilation 2", [2, 6, 7, 3], 3, dilation=2, padding=2),
    depthwise("3×3 dilation 4", [1, 9, 6, 2], 3, dilation=4, padding=4),
    depthwise("3×3 dilation 2, two of each", [1, 6, 5, 2], 3, multiplier=2, dilation=2, padding=2),
    activation("relu", [2, 3, 4, 3], 2, 0.5),
    activation("relu6", [2, 4, 5, 3], 8, 1),
    activation("sigmoid", [2, 3, 4, 3], 6, 0.01),
    activation("swish", [2, 3, 4, 3], 6, 0.01),
    activation("hardSigmoid", [2, 4, 5, 3], 6, 0.4),
    # Steps that miss −3 and 3, where PyTorch's gradient belongs to neither side.
    activation("hardSwish", [2, 4, 5, 3], 6, 0.4),
    max_pool("3×3 stride 2, even size", [2, 6, 8, 2], 3, 2, 1, 0.001),
    max_pool("3×3 stride 2, odd size", [1, 7, 5, 2], 3, 2, 1, 0.001),
    max_pool("3×3 stride 2, equal values", [2, 8, 8, 2], 3, 2, 1, 0.5),
    max_pool("2×2, equal values", [1, 6, 7, 2], 2, 2, 0, 0.5),
    max_pool("3×3 stride 1", [1, 5, 4, 2], 3, 1, 1, 0.5),
    adaptive("one bin", [2, 5, 6, 2], 1),
    adaptive("bins that divide the size", [1, 6, 8, 2], 2),
    adaptive("bins that overlap", [1, 8, 7, 2], 3),
    adaptive("more bins than pixels", [1, 4, 5, 2], 6),
    resize("bilinear, up", [2, 3, 4, 2], [7, 8]),
    resize("bilinear, corners aligned", [1, 3, 4, 2], [7, 8], corners=1),
    resize("bilinear, from one pixel", [2, 1, 1, 2], [3, 4]),
    resize("nearest, up", [2, 3, 4, 2], [6, 12], nearest=1),
    resize("nearest, down", [1, 7, 8, 2], [3, 5], nearest=1),
    pad("each side its own", [2, 3, 4, 2], 0, 1, 2, 3),
    pad("channels", [2, 3, 4, 2], 0, 0, 0, 0, channels=3),
    unit_scale("pixels", [2, 3, 4, 5]),
    multiply("equal sizes", [2, 3, 4, 2], [2, 3, 4, 2]),
    multiply("a gate", [2, 3, 4, 3], [2, 1, 1, 3]),
]

if __name__ == "__main__":
    target = pathlib.Path(__file__).parent.parent / "conformance" / "golden" / "ops-layers.json"
    target.write_text(json.dumps(CASES, separators=(",", ":")) + "\n")
    print(f"{target}: {len(CASES)} cases, {target.stat().st_size} bytes")
