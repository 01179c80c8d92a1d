"""Golden value and gradients of a loss with auxiliary outputs, by PyTorch. Writes test/conformance/golden/auxiliary.json.

    python test/oracles/auxiliary.py
"""
import json
import pathlib

import torch
from torch.nn import functional as F

from noise import noise

CLASSES, SIZE = 5, (12, 16)
WEIGHT, CLASS_WEIGHTS = 1.5, [0.5, 1.0, 2.0, 0.25, 1.5]
OUTPUTS = {"logits": ((3, 4), 1.0), "auxiliary0": ((6, 8), 0.4), "auxiliary1": ((2, 3), 1.0), "classes": ((1, 1), 0.2)}


def case(class_weights):
    draws = ((noise([2, *SIZE], 3) + 1) / 2 * (CLASSES + 1)).long()
    labels = torch.where(draws == CLASSES, 255, draws)
    outputs = {name: (noise([2, *size, CLASSES], i) * 3).permute(0, 3, 1, 2).requires_grad_() for i, (name, (size, _)) in enumerate(OUTPUTS.items())}
    loss = lambda y: F.cross_entropy(F.interpolate(y, SIZE, mode="bilinear", align_corners=False), labels,
                                     weight=class_weights and torch.tensor(class_weights, dtype=torch.float64), ignore_index=255)
    # Whether a class is in the picture; the last one is in none.
    labels[labels == CLASSES - 1] = 0
    there = torch.stack([torch.stack([(one == c).any() for c in range(CLASSES)]) for one in labels]).double()
    presence = lambda y: F.binary_cross_entropy_with_logits(y[:, :, 0, 0], there)
    values = {name: (presence if name == "classes" else loss)(y) for name, y in outputs.items()}
    total = sum(WEIGHT * OUTPUTS[name][1] * value for name, value in values.items())
    total.backward()
    rows = lambda y: y.grad.permute(0, 2, 3, 1).flatten()
    return {
        "classes": CLASSES, "size": SIZE, "weight": WEIGHT, "classWeights": class_weights,
        "outputs": [{"name": name, "size": size, "weight": weight, "value": values[name].item(),
                     "gradient": [rows(outputs[name]).norm().item(), (rows(outputs[name]) @ noise(rows(outputs[name]).shape, 9)).item()]}
                    for name, (size, weight) in OUTPUTS.items()],
        "total": total.item(),
    }


target = pathlib.Path(__file__).parent.parent / "conformance" / "golden" / "auxiliary.json"
target.write_text(json.dumps([case(None), case(CLASS_WEIGHTS)], separators=(",", ":")) + "\n")
