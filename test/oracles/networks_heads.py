"""Golden values of heads and backbones by mmsegmentation's. Writes test/conformance/golden/networks-*.json.

    python test/oracles/networks_heads.py [NAME…]
"""
from network_cases import evaluated, trained, version, wanted, write  # before mmseg: it prepares the packages

import torch
from mmseg.registry import MODELS
from mmseg.utils import register_all_modules
from torch import nn

register_all_modules()
NORM = {"type": "BN", "requires_grad": True}
COMMON = {"norm_cfg": NORM, "align_corners": False, "dropout_ratio": 0}
MMSEG = version("mmsegmentation")
HEADS = {
    "fcn": {"type": "FCNHead", "num_convs": 2, "concat_input": True},
    "pspnet": {"type": "PSPHead", "pool_scales": (1, 2, 3, 6)},
    "deeplabv3": {"type": "ASPPHead"},
}


def dilated(stride):
    strides = {8: (1, 2, 1, 1), 16: (1, 2, 2, 1), 32: (1, 2, 2, 2)}[stride]
    return {"strides": strides, "dilations": {8: (1, 1, 2, 4), 16: (1, 1, 1, 2), 32: (1, 1, 1, 1)}[stride], "contract_dilation": stride < 32}


def resnet(depth, width=1, stride=8, deepStem=1, **rest):
    wide = 512 if depth < 50 else 2048
    backbone = {"depth": depth, "norm_cfg": NORM, **dilated(stride), "out_indices": (0, 1, 2, 3), "norm_eval": False,
                "base_channels": round(64 * width), "stem_channels": round(64 * width), "deep_stem": bool(deepStem),
                "type": "ResNet", **rest}
    return backbone, [round(wide * width / part) for part in (8, 4, 2, 1)], stride


def mobilenet(width=1, stride=8):
    levels = {8: ((1, 2, 2, 1, 1, 1, 1), (1, 1, 1, 2, 2, 4, 4)), 16: ((1, 2, 2, 2, 1, 1, 1), (1, 1, 1, 1, 1, 2, 2))}[stride]
    model = MODELS.build({"type": "MobileNetV2", "widen_factor": width})
    channels = [getattr(model, f"layer{i}")[-1].conv[-1].conv.out_channels for i in (2, 3, 5, 7)]
    return {"type": "MobileNetV2", "widen_factor": width, "strides": levels[0], "dilations": levels[1],
            "out_indices": (1, 2, 4, 6), "norm_cfg": NORM, "norm_eval": False}, channels, stride


BACKBONES = {
    "r18": lambda **o: resnet(18, **o),
    "r34": lambda **o: resnet(34, **o),
    "r50": lambda **o: resnet(50, **o),
    "r101": lambda **o: resnet(101, **o),
    "rx50": lambda **o: resnet(50, type="ResNeXt", groups=32, base_width=4, **o),
    "rx101": lambda **o: resnet(101, type="ResNeXt", groups=32, base_width=8, **o),
    "mobilenetv2": mobilenet,
}


class Network(nn.Module):
    """Backbone and head, and the input's size where the head asks for none of it."""

    def __init__(self, backbone, head):
        super().__init__()
        self.backbone = MODELS.build(backbone)
        self.decode_head = MODELS.build(head)

    def forward(self, x):
        return self.decode_head(self.backbone(x))


def network(name, outputs, options):
    head_id, backbone_id = name.split("-", 1)
    own = {key: value for key, value in options.items() if key in ("width", "stride", "deepStem")}
    backbone, channels, stride = BACKBONES[backbone_id](**own)
    head = {**HEADS[head_id], **COMMON, "num_classes": outputs}
    head["channels"] = options.get("channels", {"fcn": 512, "pspnet": 128, "deeplabv3": 512}[head_id])
    head.update({"in_channels": channels[-1], "in_index": 3})
    if head_id == "deeplabv3":
        head["dilations"] = tuple(max(1, pixels // stride) for pixels in (1, 96, 192, 288))
    return Network(backbone, head)


def whole(name, size=(64, 64), **options):
    return evaluated(name, options, 19, list(size), lambda: network(name, 19, options), MMSEG)


def small(name, size=(32, 40), batch=3, damped="", **options):
    return trained(name, options, 5, list(size), lambda: network(name, 5, options), MMSEG, batch, damped=damped)


FILES = {
    "resnet": lambda: [
        whole("pspnet-r34"), whole("pspnet-r50", channels=512), whole("pspnet-r101", channels=512),
        small("fcn-r34", width=0.125, channels=8), small("fcn-r50", size=(48, 64), width=0.125, stride=16, channels=8),
        small("fcn-r101", width=0.125, channels=8, damped="bn3.weight"), small("pspnet-r18", width=0.125, channels=8, deepStem=0),
    ],
    "resnext": lambda: [whole("deeplabv3-rx50"), whole("fcn-rx101"), small("fcn-rx50", size=(32, 32), width=0.125, channels=8, damped="bn3.weight")],
    "mobilenetv2": lambda: [whole("fcn-mobilenetv2", stride=16), small("fcn-mobilenetv2", size=(32, 48), width=0.25, stride=16, channels=8)],
    "deeplabv3": lambda: [whole("deeplabv3-r50"), whole("deeplabv3-r101"), small("deeplabv3-r18", size=(48, 64), width=0.125, stride=16, channels=8)],
    "fcn": lambda: [whole("fcn-r50"), small("fcn-r18", width=0.125, channels=8)],
}

if __name__ == "__main__":
    for name, cases in FILES.items():
        if wanted(name):
            write(name, cases())
