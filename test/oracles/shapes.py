"""Golden values for polygons and run lengths, made with Pillow and pycocotools.

    python test/oracles/shapes.py

Writes test/unit/datasets/golden/shapes.json: polygons with the pixels that Pillow (outline and fill) and pycocotools
give them, and masks with pycocotools' run lengths as text.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from pycocotools import mask

GOLDEN = Path(__file__).resolve().parent.parent / "unit" / "datasets" / "golden" / "shapes.json"
W, H = 40, 30


def rows(pixels: np.ndarray) -> list[str]:
    return ["".join("#" if pixel else "." for pixel in row) for row in pixels]


def pillow(points: list[float]) -> np.ndarray:
    image = Image.new("L", (W, H))
    ImageDraw.Draw(image).polygon([tuple(p) for p in np.reshape(points, (-1, 2)).tolist()], outline=1, fill=1)
    return np.array(image)


def coco(points: list[float]) -> np.ndarray:
    return mask.decode(mask.merge(mask.frPyObjects([points], H, W)))


def main() -> None:
    rng = np.random.default_rng(3)
    polygons = [[5, 5, 20, 5, 20, 15, 5, 15], [3, 3, 30, 3, 3, 20], [-10, -10, 60, -10, 60, 50, -10, 50]]
    for _ in range(12):
        # Convex ones, with fractions; then any.
        angles = np.sort(rng.uniform(0, 2 * np.pi, 7))
        centre, radii = rng.uniform([8, 8], [32, 22]), rng.uniform(3, 14, 2)
        polygons.append(np.round(centre + radii * np.c_[np.cos(angles), np.sin(angles)], 2).ravel().tolist())
    for _ in range(12):
        polygons.append(np.round(rng.uniform([-5, -5], [45, 35], (6, 2)), 2).ravel().tolist())
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
