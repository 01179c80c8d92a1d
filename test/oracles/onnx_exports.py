"""Exports segmentation networks of public packages to ONNX, with random weights and what each gives for some noise.

    python test/oracles/onnx_exports.py FOLDER [NAME ...]

For each network a file NAME-OPSET.onnx, NAME.input.bin and NAME.logits.bin (float32, NCHW, the size of the network's own
output) and, in one list.json, its shapes. The files are large and are not committed: test/unit/weights/onnx/exports.test.ts
makes them where this Python has the packages (torch, torchvision, timm, transformers, mmsegmentation with mmcv-lite).
"""

import json
import pathlib
import sys
import warnings

import torch
from torch import nn
from torch.nn import functional as F

import network_cases  # noqa: F401 (prepares torchvision and mmcv)

warnings.filterwarnings("ignore")

# Opsets that differ in how operators are written: 11 has attributes where 13 has inputs, 17 brings LayerNormalization.
OPSETS = {"deeplabv3": [11, 17], "segformer": [14, 17], "vit": [14, 17]}


class Logits(nn.Module):
    """The network's logits alone, at the picture's size where it gives them smaller."""

    def __init__(self, network, take=lambda answer: answer):
        super().__init__()
        self.network, self.take = network, take

    def forward(self, x):
        return F.interpolate(self.take(self.network(x)), size=x.shape[-2:], mode="bilinear", align_corners=False)


def deeplabv3():
    from torchvision.models.segmentation import deeplabv3_resnet50

    return deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=21, aux_loss=False), lambda a: a["out"]


def hrnet():
    import timm

    backbone = timm.create_model("hrnet_w18", pretrained=False, features_only=True)
    channels = backbone.feature_info.channels()

    class Segmenter(nn.Module):
        def __init__(self):
            super().__init__()
            self.backbone = backbone
            self.head = nn.Sequential(
                nn.Conv2d(sum(channels), 64, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.Conv2d(64, 19, 1)
            )

        def forward(self, x):
            features = self.backbone(x)
            size = features[0].shape[-2:]
            whole = [F.interpolate(f, size=size, mode="bilinear", align_corners=False) for f in features]
            return self.head(torch.cat(whole, 1))

    return Segmenter(), lambda a: a


def segformer():
    from transformers import SegformerConfig, SegformerForSemanticSegmentation

    return SegformerForSemanticSegmentation(SegformerConfig(num_labels=19)), lambda a: a.logits


def vit():
    from transformers import ViTConfig, ViTModel

    config = ViTConfig(hidden_size=96, num_hidden_layers=3, num_attention_heads=3, intermediate_size=192, image_size=96)

    class Segmenter(nn.Module):
        """A linear head on the tokens of each patch (Strudel et al., Segmenter, ICCV 2021)."""

        def __init__(self):
            super().__init__()
            self.vit = ViTModel(config, add_pooling_layer=False)
            self.head = nn.Linear(96, 12)

        def forward(self, x):
            tokens = self.vit(x).last_hidden_state[:, 1:]
            side = x.shape[-1] // 16
            return self.head(tokens).transpose(1, 2).reshape(1, 12, side, side)

    return Segmenter(), lambda a: a


def pspnet():
    import segmentation_models_pytorch as smp

    return smp.PSPNet("resnet18", encoder_weights=None, classes=19), lambda a: a


def bisenetv2():
    from mmseg.models.backbones.bisenetv2 import BiSeNetV2

    backbone = BiSeNetV2(norm_cfg={"type": "BN", "requires_grad": True}, align_corners=False)
    head = nn.Conv2d(128, 19, 1)
    return nn.Sequential(backbone, Take(0), head), lambda a: a


def head(name):
    """A head of mmsegmentation on a narrow ResNet-18, its learnt factors not zero."""
    from networks_heads import network

    options = {"channels": 8, **({"inner": 4} if name in ("danet", "ocr") else {})}
    model = network(f"{name}-r18", 5, {"width": 0.125, **options})
    for factor in (p for key, p in model.named_parameters() if "gamma" in key):
        factor.data.fill_(0.7)
    return model, lambda a: a


class Take(nn.Module):
    def __init__(self, index):
        super().__init__()
        self.index = index

    def forward(self, features):
        return features[self.index]


NETWORKS = {
    "deeplabv3": (deeplabv3, (64, 96)),
    "pspnet": (pspnet, (96, 96)),
    "bisenetv2": (bisenetv2, (64, 96)),
    "hrnet": (hrnet, (64, 96)),
    "segformer": (segformer, (64, 96)),
    "vit": (vit, (96, 96)),
    **{name: (lambda name=name: head(name), (96, 96)) for name in ("danet", "nonlocal", "ocr", "apcnet")},
}


def randomised(network, seed):
    """Statistics and scales that matter, so that a forgotten one shows."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.copy_(0.2 * torch.randn(module.running_mean.shape, generator=generator))
            module.running_var.copy_(0.5 + torch.rand(module.running_var.shape, generator=generator))
            module.weight.data.copy_(0.7 + 0.6 * torch.rand(module.weight.shape, generator=generator))
    return network.eval()


def main(folder, names):
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name in names or NETWORKS:
        build, size = NETWORKS[name]
        torch.manual_seed(1)
        try:
            network, take = build()
        except ImportError as error:
            made.append({"name": name, "missing": str(error)})
            continue
        whole = Logits(randomised(network, 2), take).eval()
        x = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(3))
        with torch.no_grad():
            logits = whole(x)
        x.numpy().tofile(folder / f"{name}.input.bin")
        logits.numpy().tofile(folder / f"{name}.logits.bin")
        for opset in OPSETS.get(name, [17]):
            file = f"{name}-{opset}.onnx"
            torch.onnx.export(whole, (x,), folder / file, opset_version=opset, dynamo=False, input_names=["pixels"])
            made.append({"name": name, "file": file, "size": list(size), "outputs": logits.shape[1]})
    (folder / "list.json").write_text(json.dumps(made))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
