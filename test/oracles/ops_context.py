"""Golden values of the attentions that heads are named after, made as in ops.py.
Writes test/conformance/golden/ops-context.json.

Run again with any Python that has PyTorch: python test/oracles/ops_context.py
"""
import json
import pathlib

import torch
import torch.nn.functional as F

from ops import case, nchw, nhwc


def channel_attention(name, shape):
    """As mmsegmentation's CAM without its scale."""

    def run(x):
        pixels = nchw(x).flatten(2)
        energy = pixels @ pixels.transpose(1, 2)
        weights = torch.softmax(energy.amax(2, keepdim=True) - energy, 2)
        return [nhwc((weights @ pixels).unflatten(2, shape[1:3]))]

    return case("channelAttention", name, [shape], {}, run)


def criss_cross(name, query, values):
    """Pixel by pixel, over its row and the rest of its column."""

    def run(q, k, v):
        _, height, width, _ = query
        rows = []
        for y in range(height):
            for x in range(width):
                places = [(y, j) for j in range(width)] + [(i, x) for i in range(height) if i != y]
                keys = torch.stack([k[:, i, j] for i, j in places], 1)
                weights = torch.softmax((keys * q[:, None, y, x]).sum(2), 1)
                rows.append((weights[:, :, None] * torch.stack([v[:, i, j] for i, j in places], 1)).sum(1))
        return [torch.stack(rows, 1).unflatten(1, (height, width))]

    return case("crissCross", name, [query, query, [*query[:3], values]], {}, run)


def point_attention(name, hidden, values, side, distribute):
    """As PSANet's mask has it, pixel by pixel: what a pixel tells of each place, zero out of the filter's reach."""

    def run(x, v, weight):
        n, height, width, _ = hidden
        half = side // 2
        told = torch.einsum("nhwc,mc->nhwm", x, weight.permute(3, 2, 0, 1).flatten(1))
        rows = []
        for y in range(height):
            for z in range(width):
                weights = []
                for i in range(height):
                    for j in range(width):
                        down, across = (y - i, z - j) if distribute else (i - y, j - z)
                        place = (down + half) * side + across + half
                        near = abs(down) <= half and abs(across) <= half
                        teller = x[:, i, j] if distribute else x[:, y, z]
                        of = told[:, i, j] if distribute else told[:, y, z]
                        weights.append(of[:, place] if near else 0 * teller[:, 0])
                weights = torch.softmax(torch.stack(weights, 1), 1)
                rows.append((weights[:, :, None] * v.flatten(1, 2)).sum(1))
        return [torch.stack(rows, 1).unflatten(1, (height, width))]

    attrs = {"side": side, "distribute": distribute}
    shapes = [hidden, [*hidden[:3], values], [1, 1, hidden[3], side**2]]
    return case("pointAttention", name, shapes, attrs, run)


def region_means(name, shape, regions):
    def run(x, maps):
        shares = torch.softmax(nchw(maps).flatten(2), 2)
        return [(shares @ x.flatten(1, 2))[:, :, None]]

    return case("regionMeans", name, [shape, [*shape[:3], regions]], {"regions": regions}, run)


def learnt_scale(name, shape):
    return case("learntScale", name, [shape, [1]], {}, lambda x, scale: [x * scale])


def strip(name, shape, attrs, size):
    return case("adaptiveAveragePool", name, [shape], attrs, lambda x: [nhwc(F.adaptive_avg_pool2d(nchw(x), size))])


CASES = [
    channel_attention("channels", [2, 3, 4, 5]),
    criss_cross("wide", [2, 3, 4, 3], 5),
    criss_cross("one row", [1, 1, 4, 2], 3),
    *(
        point_attention(f"{['collect', 'distribute'][distribute]}, {name}", hidden, values, side, distribute)
        for distribute in (0, 1)
        for name, hidden, values, side in (
            ("as large as the reach", [2, 3, 2, 4], 3, 5),
            ("larger than the reach", [1, 5, 4, 3], 2, 3),
            ("smaller than the reach", [1, 2, 3, 3], 2, 9),
            ("one column", [1, 3, 1, 3], 2, 3),
        )
    ),
    region_means("regions", [2, 3, 4, 5], 3),
    learnt_scale("one number", [2, 3, 2, 4]),
    strip("rows only", [1, 5, 4, 3], {"height": 1}, (1, None)),
    strip("columns only", [1, 5, 4, 3], {"width": 3}, (None, 3)),
]

if __name__ == "__main__":
    target = pathlib.Path(__file__).parent.parent / "conformance" / "golden" / "ops-context.json"
    target.write_text(json.dumps(CASES, separators=(",", ":")) + "\n")
    print(f"{target}: {len(CASES)} cases, {target.stat().st_size} bytes")
