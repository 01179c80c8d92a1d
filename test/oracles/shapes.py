"""Golden values for polygons and run lengths, made with Pillow and pycocotools.

    pip install numpy pillow pycocotools
    python test/oracles/shapes.py

Writes test/unit/labels/golden/shapes.json: polygons with the pixels that Pillow (outline and fill) and pycocotools
give them, and masks with pycocotools' run lengths as text.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from pycocotools import mask

GOLDEN = Path(__file__).resolve().parent.parent / "unit" / "labels" / "golden" / "shapes.json"
W, H = 24, 18


def rows(pixels: np.ndarray) -> list[str]:
    return ["".join("#" if pixel else "." for pixel in row) for row in pixels]


def pillow(points: list[float]) -> np.ndarray:
    image = Image.new("L", (W, H))
    ImageDraw.Draw(image).polygon([tuple(p) for p in np.reshape(points, (-1, 2)).tolist()], outline=1, fill=1)
    return np.array(image)


def coco(points: list[float]) -> np.ndarray:
    return mask.decode(mask.merge(mask.frPyObjects([points], H, W)))


def polygon(rng: np.random.Generator, n: int) -> list[float]:
    """Of any kind: on whole pixels, on halves, with fractions; in a corner, or all over the image and beyond; convex."""
    count = int(rng.integers(3, 10))
    kind = n % 6
    if kind == 0:
        points = rng.integers(-5, [W + 5, H + 5], (count, 2)).astype(float)
    elif kind == 1:
        points = rng.integers(0, 8, (count, 2)).astype(float)
    elif kind == 2:
        points = np.round(rng.uniform(0, 12, (count, 2)) * 2) / 2
    elif kind == 3:
        points = np.round(rng.uniform(-5, [W + 5, H + 5], (count, 2)), 1)
    elif kind == 4:
        points = rng.uniform(-90, 120, (count, 2))
    else:
        angles = np.sort(rng.uniform(0, 2 * np.pi, count))
        points = rng.uniform([6, 5], [18, 13]) + rng.uniform(1, 12, 2) * np.c_[np.cos(angles), np.sin(angles)]
    return points.ravel().tolist()


def main() -> None:
    rng = np.random.default_rng(3)
    polygons = [[5, 5, 20, 5, 20, 15, 5, 15], [3, 3, 20, 3, 3, 16], [-10, -10, 60, -10, 60, 50, -10, 50]]
    polygons += [polygon(rng, n) for n in range(72)]
    shapes = [{"points": p, "pillow": rows(pillow(p)), "coco": rows(coco(p))} for p in polygons]

    masks = [np.zeros((H, W), np.uint8), np.ones((H, W), np.uint8), (rng.random((H, W)) > 0.5).astype(np.uint8)]
    big = np.zeros((700, 500), np.uint8)
    big[100:650, 30:480] = 1
    big[200:210, 40:400] = 0
    masks.append(big)
    runs = [{"size": list(m.shape), "text": mask.encode(np.asfortranarray(m))["counts"].decode(), "sum": int(m.sum()),
             "columns": np.flatnonzero(m.ravel(order="F"))[:400].tolist()} for m in masks]
    GOLDEN.write_text(json.dumps({"width": W, "height": H, "shapes": shapes, "runs": runs}) + "\n")


main()
