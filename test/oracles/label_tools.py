"""Golden values for the tools that change label maps, made with SciPy and scikit-image.

    python test/oracles/label_tools.py

Writes test/unit/labels/golden/tools.json: sets of pixels after morphology with discs and after filling holes, colours as
CIE L*a*b*, and a picture of known areas with how well scikit-image's SLIC keeps to them.
"""

import base64
import json
from pathlib import Path

import numpy as np
from scipy import ndimage
from skimage import color, segmentation

GOLDEN = Path(__file__).resolve().parent.parent / "unit" / "labels" / "golden" / "tools.json"


def rows(pixels: np.ndarray) -> list[str]:
    return ["".join("#" if pixel else "." for pixel in row) for row in pixels]


def text(values: np.ndarray) -> str:
    return base64.b64encode(values.tobytes()).decode()


def disc(radius: float) -> np.ndarray:
    reach = int(radius)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return x * x + y * y <= radius * radius


def blobs(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    return ndimage.gaussian_filter(rng.normal(size=(height, width)), 1.5) > 0.03


def morphology(rng: np.random.Generator) -> list[dict]:
    cases = []
    for radius in [0, 1, 1.5, 2, 3, 4.5, 7, 60]:
        height, width = int(rng.integers(12, 34)), int(rng.integers(12, 44))
        before = blobs(rng, height, width)
        d = disc(radius)
        dilate = lambda set: ndimage.binary_dilation(set, d)
        erode = lambda set: ndimage.binary_erosion(set, d, border_value=1)
        cases.append({
            "radius": radius, "before": rows(before), "dilate": rows(dilate(before)), "erode": rows(erode(before)),
            "open": rows(dilate(erode(before))), "close": rows(erode(dilate(before))),
        })
    return cases


def holes(rng: np.random.Generator) -> list[dict]:
    cases = []
    for largest in [0, 1, 3, 8, 1000]:
        before = blobs(rng, 30, 40) | (rng.random((30, 40)) < 0.2)
        filled = before.copy()
        found, count = ndimage.label(ndimage.binary_fill_holes(before) & ~before)
        for one in range(1, count + 1):
            if (found == one).sum() <= largest:
                filled |= found == one
        cases.append({"largest": largest, "before": rows(before), "filled": rows(filled)})
    return cases


def picture() -> dict:
    """Ellipses of colours on a gradient, with noise; and the share of pixels that the best union of superpixels gets right."""
    rng = np.random.default_rng(5)
    height, width = 72, 96
    y, x = np.mgrid[0:height, 0:width]
    truth = np.zeros((height, width), int)
    image = np.stack([60 + x * 0.3, 80 + y * 0.4, np.full_like(x, 100)], -1).astype(float)
    for one in range(1, 12):
        cx, cy, rx, ry = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(6, 20), rng.uniform(6, 20)
        inside = ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1
        truth[inside] = one
        image[inside] = rng.uniform(0, 255, 3)
    image = np.clip(image + rng.normal(0, 6, image.shape), 0, 255).astype(np.uint8)
    size = 8
    # scikit-image joins more pieces than the paper does: ask for more, until as many are left as the grid has.
    for wanted in range(height * width // size**2, 1000):
        labels = segmentation.slic(image, n_segments=wanted, compactness=10, start_label=0, enforce_connectivity=True)
        if labels.max() + 1 >= height * width // size**2:
            break
    right = sum(np.bincount(truth[labels == one]).max() for one in np.unique(labels))
    return {"width": width, "height": height, "size": size, "rgb": text(image), "truth": text(truth.astype(np.uint8)),
            "count": int(labels.max()) + 1, "achievable": right / truth.size}


def main() -> None:
    rng = np.random.default_rng(11)
    colours = rng.integers(0, 256, (40, 3))
    colours[:3] = [[0, 0, 0], [255, 255, 255], [1, 0, 2]]
    lab = color.rgb2lab(colours[None].astype(np.uint8))[0]
    golden = {"morphology": morphology(rng), "holes": holes(rng),
              "lab": [{"rgb": c.tolist(), "lab": np.round(v, 4).tolist()} for c, v in zip(colours, lab)],
              "slic": picture()}
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(json.dumps(golden) + "\n")


main()
