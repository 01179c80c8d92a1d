"""Golden values of the ops that stand for several nodes of a graph, and of the loss, made as in ops.py.
Writes test/conformance/golden/ops-fused.json.

Run again with any Python that has PyTorch: python test/oracles/ops_fused.py
"""
import json
import pathlib

import torch
import torch.nn.functional as F

from ops import case, nchw, nhwc

# The order of ACTIVATIONS in src-main/engine/ops/norm-act.ts.
ACTS = ["none", "relu", "relu6", "prelu"]

# Added to scale and offset, so that what is activated goes beyond both ends of ReLU6.
SCALE, OFFSET = 6, 3


def activate(y, act, slope):
    return {"none": lambda y: y, "relu": F.relu, "relu6": F.relu6, "prelu": lambda y: F.prelu(y, slope)}[act](y)


def line_inputs(shape, act, added):
    """Shapes of slope and addend, where there are any; both come last."""
    return [*([[shape[3]]] if act == "prelu" else []), *([shape] if added else [])]


def taken(rest, act, added):
    return rest[0] if act == "prelu" else None, rest[-1] if added else None


def norm_act(shape, act, added=0):
    def run(x, scale, offset, *rest):
        slope, addend = taken(rest, act, added)
        mean, variance = torch.zeros(shape[3], dtype=x.dtype), torch.zeros(shape[3], dtype=x.dtype)
        y = F.batch_norm(nchw(x), mean, variance, scale + SCALE, offset + OFFSET, True, 1.0, 1e-3)
        y = y if addend is None else y + nchw(addend)
        return [nhwc(activate(y, act, slope)), mean, variance]

    name = f"{act}{', a sum before it' if added else ''}, {shape[3]} channels"
    attrs = {"epsilon": 1e-3, "act": ACTS.index(act), "added": added}
    return case("normAct", name, [shape, [shape[3]], [shape[3]], *line_inputs(shape, act, added)], attrs, run)


def affine_act(shape, act, factor=1, added=0):
    def run(x, *rest):
        scale, offset = rest[:2] if factor else (1 - SCALE, rest[0])
        slope, addend = taken(rest[1 + factor :], act, added)
        y = x * (scale + SCALE) + offset + OFFSET
        return [nhwc(activate(nchw(y if addend is None else y + addend), act, slope))]

    channels = [[shape[3]]] * (1 + factor)
    name = f"{act}{'' if factor else ', without a factor'}{', a sum before it' if added else ''}"
    attrs = {"act": ACTS.index(act), "factor": factor, "added": added}
    return case("affineAct", name, [shape, *channels, *line_inputs(shape, act, added)], attrs, run)


def branch_fusion(name, pixels, first, rest, branches, residual=0, line=None):
    """`line`: an activation after factor and offset, [channels] each."""
    channels = first + (branches - 1) * rest
    shapes = [[*pixels, first], *[[*pixels, rest]] * (branches - 1), *([[*pixels, channels]] if residual else [])]
    params = [] if line is None else [[channels]] * (3 if line == "prelu" else 2)

    def run(*inputs):
        sums = [inputs[1]]
        for branch in inputs[2:branches]:
            sums.append(sums[-1] + branch)
        y = torch.cat([inputs[0], *sums], 3)
        y = y + inputs[branches] if residual else y
        if line is not None:
            factor, offset, *slope = inputs[branches + residual :]
            y = nhwc(activate(nchw(y * (factor + SCALE) + offset + OFFSET), line, *(slope or [None])))
        return [y]

    attrs = {"residual": residual, "line": int(line is not None), "act": ACTS.index(line or "none")}
    return case("branchFusion", name, [*shapes, *params], {**attrs, "nodes": len(shapes)}, run)


def cross_entropy(name, pixels, classes, gain, weighed=0):
    """Labels are the second input's noise from 0 up to the number of classes, which stands for ignored."""

    def run(logits, labels, *weights):
        logits.data = logits.data * gain
        classOf = torch.floor((labels.detach() + 1) / 2 * (classes + 1)).long()
        weight = weights[0].detach() + 1.5 if weighed else None
        return [F.cross_entropy(logits, classOf, weight, ignore_index=classes)]

    shapes = [[pixels, classes], [pixels], *([[classes]] if weighed else [])]
    return case("crossEntropy", name, shapes, {"gain": gain, "weighed": weighed}, run)


SHAPE = [2, 4, 5, 3]

CASES = [
    *[norm_act(SHAPE, act) for act in ACTS],
    *[norm_act(SHAPE, act, added=1) for act in ACTS[:3]],
    norm_act([1, 5, 7, 19], "relu6"),
    *[affine_act(SHAPE, act) for act in ACTS],
    *[affine_act(SHAPE, act, added=1) for act in ACTS],
    affine_act(SHAPE, "relu6", factor=0),
    branch_fusion("two branches", [2, 3, 4], 3, 2, 2),
    branch_fusion("five branches", [2, 3, 4], 4, 3, 5),
    branch_fusion("four branches and a residual", [1, 4, 3], 3, 2, 4, residual=1),
    *[branch_fusion(f"with a line, {act}", [2, 3, 4], 4, 3, 4, line=act) for act in ACTS],
    branch_fusion("with a residual and a line", [2, 3, 4], 4, 3, 4, residual=1, line="prelu"),
    cross_entropy("as it is", 70, 5, 3),
    cross_entropy("weighed by class", 70, 5, 3, weighed=1),
    cross_entropy("large logits", 20, 19, 90),
]

if __name__ == "__main__":
    target = pathlib.Path(__file__).parent.parent / "conformance" / "golden" / "ops-fused.json"
    target.write_text(json.dumps(CASES, separators=(",", ":")) + "\n")
    print(f"{target}: {len(CASES)} cases, {target.stat().st_size} bytes")
