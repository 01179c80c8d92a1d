"""Golden values for the data set readers, made with Pillow and NumPy.

    python test/oracles/datasets.py [CAMVID_FOLDER]

Writes test/unit/datasets/golden/images.json (small files of every kind with the pixels that Pillow reads from them) and,
given CamVid's folder, test/unit/datasets/golden/camvid.json (pixels of each label value by split).
"""

import base64
import io
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

GOLDEN = Path(__file__).resolve().parent.parent / "unit" / "datasets" / "golden"


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def images() -> list[dict]:
    rng = np.random.default_rng(7)
    rgb = rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    grey = rng.integers(0, 256, (6, 9), dtype=np.uint8)
    alpha = rng.integers(0, 256, (6, 9, 1), dtype=np.uint8)
    smooth = np.linspace(0, 255, 48 * 64 * 3).reshape(48, 64, 3).astype(np.uint8)
    palette = Image.fromarray(rng.integers(0, 5, (6, 9), dtype=np.uint8), "P")
    palette.putpalette(rng.integers(0, 256, 15, dtype=np.uint8).tobytes())
    grey16 = rng.integers(0, 65536, (6, 9), dtype=np.uint16)
    files = [
        ("rgb.png", encoded(Image.fromarray(rgb), "PNG"), rgb, None),
        ("grey.png", encoded(Image.fromarray(grey), "PNG"), np.repeat(grey[..., None], 3, 2), grey),
        ("rgba.png", encoded(Image.fromarray(np.concatenate([rgb, alpha], 2)), "PNG"), rgb, None),
        ("palette.png", encoded(palette, "PNG"), np.array(palette.convert("RGB")), np.array(palette)),
        ("palette2.png", encoded(palette, "PNG", bits=4), np.array(palette.convert("RGB")), np.array(palette)),
        ("bits.png", encoded(Image.fromarray(grey > 127), "PNG"), np.repeat(((grey > 127) * 255)[..., None], 3, 2), (grey > 127) * 1),
        ("grey16.png", encoded(Image.fromarray(grey16), "PNG"), np.repeat((grey16 >> 8)[..., None], 3, 2), grey16),
        ("lossless.webp", encoded(Image.fromarray(rgb), "WEBP", lossless=True), rgb, None),
    ]
    for name, data in (
        ("smooth.jpg", encoded(Image.fromarray(smooth), "JPEG", quality=95)),
        ("progressive.jpg", encoded(Image.fromarray(smooth), "JPEG", quality=90, progressive=True)),
        ("lossy.webp", encoded(Image.fromarray(smooth), "WEBP", quality=90)),
    ):
        files.append((name, data, np.array(Image.open(io.BytesIO(data)).convert("RGB")), None))
    return [
        {
            "name": name,
            "file": base64.b64encode(data).decode(),
            "width": pixels.shape[1],
            "height": pixels.shape[0],
            "rgb": base64.b64encode(np.ascontiguousarray(pixels, dtype=np.uint8).tobytes()).decode(),
            "labels": None if labels is None else labels.astype(int).ravel().tolist(),
        }
        for name, data, pixels, labels in files
    ]


def camvid(folder: Path) -> dict:
    splits = {}
    for split in ("train", "val", "test"):
        files = sorted((folder / f"{split}annot").glob("*.png"))
        if not files:
            continue
        counts = np.zeros(256, dtype=np.int64)
        for file in files:
            counts += np.bincount(np.array(Image.open(file)).ravel(), minlength=256)
        splits[split] = {"items": len(files), "values": counts[: np.flatnonzero(counts)[-1] + 1].tolist()}
    return splits


GOLDEN.mkdir(parents=True, exist_ok=True)
(GOLDEN / "images.json").write_text(json.dumps(images()) + "\n")
if len(sys.argv) > 1:
    (GOLDEN / "camvid.json").write_text(json.dumps(camvid(Path(sys.argv[1]))) + "\n")
