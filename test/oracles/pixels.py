"""What the published CamVid ESPNet says of some pixels, by PyTorch and Pillow. Writes test/e2e/golden/pixels.json.

Run again with any Python that has PyTorch, NumPy and Pillow: python test/oracles/pixels.py ../shared/data
"""
import json
import pathlib
import sys

import numpy
import torch
from PIL import Image

from networks import EspNet

NAME = "0016E5_07965"
MEAN = [110.331, 108.409, 105.033]
STD = [72.126, 72.691, 69.904]


def main(data):
    model = EspNet(12, 2, 8, True).eval()
    model.load_state_dict(torch.load(data / "espnet/espnet_p_2_q_8_camvid.pth", map_location="cpu", weights_only=True))
    rgb = numpy.asarray(Image.open(data / f"camvid/val/{NAME}.png").convert("RGB")).astype("float32")
    labels = numpy.asarray(Image.open(data / f"camvid/valannot/{NAME}.png"))
    bgr = (rgb[:, :, ::-1] - numpy.array(MEAN, "float32")) / numpy.array(STD, "float32") / 255
    with torch.no_grad():
        x = torch.from_numpy(numpy.ascontiguousarray(bgr.transpose(2, 0, 1)))[None].float()
        probabilities = torch.softmax(model(x)["logits"][0], 0).numpy()
    best = probabilities.argmax(0)
    points = []
    for y in range(20, 360, 60):
        for x in range(20, 480, 80):
            points.append({
                "x": x, "y": y, "truth": int(labels[y, x]),
                "inside": bool((labels[y - 3 : y + 4, x - 3 : x + 4] == labels[y, x]).all()),
                "class": int(best[y, x]), "probability": round(float(probabilities[best[y, x], y, x]), 4),
            })
    out = pathlib.Path(__file__).parent.parent / "e2e/golden/pixels.json"
    out.write_text(json.dumps({"item": f"val/{NAME}", "points": points}, indent=1) + "\n")


main(pathlib.Path(sys.argv[1]))
