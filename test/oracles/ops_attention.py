"""Golden values of the ops of attention, normalisation by image and unpooling, made as in ops.py.
Writes test/conformance/golden/ops-attention.json.

Run again with any Python that has PyTorch: python test/oracles/ops_attention.py
"""
import json
import pathlib

import torch
import torch.nn.functional as F

from ops import case, nchw, nhwc


def softmax(name, shape, axis):
    return case("softmax", name, [shape], {"axis": axis}, lambda x: [torch.softmax(x, axis)])


def contract(equation, a, b):
    return case("contract", equation, [a, b], {"equation": equation}, lambda x, y: [torch.einsum(equation, x, y)])


def attention(name, query, key, value, heads, **scale):
    def run(q, k, v):
        # [n, h, w, c] as [n, heads, h·w, c ÷ heads].
        split = lambda x: x.reshape(x.shape[0], -1, heads, x.shape[3] // heads).transpose(1, 2)
        y = F.scaled_dot_product_attention(split(q), split(k), split(v), **scale)
        return [y.transpose(1, 2).reshape(*query[:3], value[3])]

    return case("attention", name, [query, key, value], {"heads": heads, **scale}, run)


def group_norm(name, shape, groups):
    def run(x, scale, offset):
        return [nhwc(F.group_norm(nchw(x), groups, scale, offset, 1e-3))]

    return case("groupNorm", name, [shape, [shape[3]], [shape[3]]], {"groups": groups, "epsilon": 1e-3}, run)


def layer_norm(name, shape):
    def run(x, scale, offset):
        return [F.layer_norm(x, shape[3:], scale, offset, 1e-3)]

    return case("layerNorm", name, [shape, [shape[3]], [shape[3]]], {"epsilon": 1e-3}, run)


def unpool(name, shape, kernel, padding, step):
    """The source, of `shape`, is the second input: rounded, so that windows hold equal values."""
    pooled = [(size + 2 * padding - kernel) // kernel + 1 for size in shape[1:3]]

    def run(x, source):
        rounded = (source.detach() / step).round() * step
        _, places = F.max_pool2d(nchw(rounded), kernel, kernel, padding, return_indices=True)
        return [nhwc(F.max_unpool2d(nchw(x), places, kernel, kernel, padding, shape[1:3]))]

    attrs = {"kernel": kernel, "stride": kernel, "padding": padding, "step": step}
    return case("maxUnpool", name, [[shape[0], *pooled, shape[3]], shape], attrs, run)


def nearest(name, shape, size, **attrs):
    def run(x, like):
        if attrs.get("exact"):
            return [nhwc(F.interpolate(nchw(x), size=size, mode="nearest-exact"))]
        # TensorFlow's resize_nearest_neighbor(align_corners=True), which PyTorch lacks: halves are rounded up.
        places = [(torch.arange(to) * (n - 1) / (to - 1) + 0.5).floor().long() for n, to in zip(shape[1:3], size)]
        return [x[:, places[0]][:, :, places[1]]]

    return case("resize", name, [shape, [shape[0], *size, 1]], {"nearest": 1, **attrs}, run)


CASES = [
    softmax("channels", [2, 3, 4, 5], 3),
    softmax("height", [2, 3, 4, 5], 1),
    softmax("images", [2, 3, 4, 2], 0),
    contract("bqd,bkd->bqk", [2, 3, 4], [2, 5, 4]),
    contract("bqk,bkd->bqd", [2, 3, 5], [2, 5, 4]),
    contract("bdq,bdk->bqk", [2, 4, 3], [2, 4, 5]),
    contract("bdq,bkd->bkq", [2, 4, 3], [2, 5, 4]),
    contract("nqhd,nkhd->nhqk", [2, 3, 2, 4], [2, 5, 2, 4]),
    contract("ij,jk->ik", [3, 4], [4, 5]),
    contract("nhwc,nhwd->ncd", [2, 3, 4, 2], [2, 3, 4, 3]),
    contract("i,j->ij", [3], [4]),
    attention("one head", [2, 2, 3, 4], [2, 3, 2, 4], [2, 3, 2, 5], 1),
    attention("two heads, fewer keys", [1, 3, 4, 4], [1, 1, 2, 4], [1, 1, 2, 6], 2),
    attention("without a scale", [2, 2, 3, 4], [2, 2, 3, 4], [2, 2, 3, 2], 1, scale=1),
    group_norm("two groups", [2, 4, 5, 6], 2),
    group_norm("one group", [2, 3, 4, 2], 1),
    group_norm("a group for each channel", [2, 4, 5, 3], 3),
    layer_norm("channels", [2, 3, 4, 6]),
    unpool("2×2", [2, 6, 8, 2], 2, 0, 0.001),
    unpool("2×2, odd size, equal values", [1, 7, 5, 2], 2, 0, 0.5),
    unpool("3×3 with padding", [1, 7, 8, 2], 3, 1, 0.5),
    nearest("nearest centre, up", [1, 3, 4, 2], [7, 6], exact=1),
    nearest("nearest centre, down", [1, 7, 8, 2], [3, 5], exact=1),
    nearest("nearest, corners aligned, up", [1, 3, 4, 2], [6, 7], alignCorners=1),
    nearest("nearest, corners aligned, down", [1, 7, 8, 2], [3, 5], alignCorners=1),
]

if __name__ == "__main__":
    target = pathlib.Path(__file__).parent.parent / "conformance" / "golden" / "ops-attention.json"
    target.write_text(json.dumps(CASES, separators=(",", ":")) + "\n")
    print(f"{target}: {len(CASES)} cases, {target.stat().st_size} bytes")
