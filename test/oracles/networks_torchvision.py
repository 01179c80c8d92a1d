"""Golden values by torchvision's networks for segmentation.

    python test/oracles/networks_torchvision.py [torchvision|files]

Writes test/conformance/golden/networks-torchvision.json, where their arrays have our names, and
test/unit/weights/golden/torchvision.json: names and shapes of the state dicts that users have, with what the networks then give.
"""
import functools
import json
import pathlib

from network_cases import evaluated, picture, set_weights, summary, trained, version, wanted, write  # before torchvision

import torch
from torch import nn
from torchvision.models import mobilenetv3, resnet, segmentation
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.segmentation.deeplabv3 import ASPP, DeepLabHead
from torchvision.models.segmentation.fcn import FCNHead
from torchvision.models.segmentation.lraspp import _lraspp_mobilenetv3

ORACLE = version("torchvision")
FILES = pathlib.Path(__file__).parent.parent / "unit" / "weights" / "golden" / "torchvision.json"


class Whole(nn.Module):
    """A network with its arrays by our names, and its logits before they are brought to the picture's size."""

    def __init__(self, backbone, classifier, heads, last):
        super().__init__()
        self.backbone = backbone
        for name, part in heads.items():
            self.add_module(name, part)
        object.__setattr__(self, "theirs", (classifier, last))

    def forward(self, x):
        classifier, last = self.theirs
        features = self.backbone(x)
        return classifier(features[last] if last else features)


def tree(parts):
    """Modules by dotted names."""
    root = nn.Module()
    for name, part in parts.items():
        at = root
        *outer, last = name.split(".")
        for step in outer:
            if not hasattr(at, step):
                at.add_module(step, nn.Module())
            at = getattr(at, step)
        at.add_module(last, part)
    return root


def conv_norm(name, pair):
    return {f"{name}.conv": pair[0], f"{name}.bn": pair[1]}


def fcn_parts(head):
    return {**conv_norm("convs.0", list(head)), "conv_seg": head[4]}


def deeplab_parts(head):
    aspp = head[0]
    # Here the image's mean comes first
    aspp.convs = nn.ModuleList([aspp.convs[4], *aspp.convs[:4]])
    parts = conv_norm("image_pool.1", list(aspp.convs[0])[1:3])
    for i in range(4):
        parts.update(conv_norm(f"aspp_modules.{i}", list(aspp.convs[i + 1])))
    parts.update(conv_norm("project", list(aspp.project)))
    parts.update({"bottleneck.conv": head[1], "bottleneck.bn": head[2], "conv_seg": head[4]})
    return parts


def without_dropout(module):
    for part in module.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0
    return module


def mobilenet(size, width=1):
    setting, last = mobilenetv3._mobilenet_v3_conf(f"mobilenet_v3_{size}", width_mult=width, dilated=True)
    return mobilenetv3.MobileNetV3(setting, last)


def network(name, outputs, options):
    """@param options as ours"""
    head, backbone = name.split("-", 1)
    width, channels = options.get("width", 1), options.get("channels")
    if head == "lraspp":
        model = _lraspp_mobilenetv3(mobilenet(backbone[12:], width), outputs)
        if channels:
            model.classifier = segmentation.lraspp.LRASPPHead(
                model.classifier.low_classifier.in_channels, model.classifier.cbr[0].in_channels, outputs, channels)
        return Whole(model.backbone, model.classifier, {"classifier": model.classifier}, None)
    if backbone.startswith("mobilenet"):
        body = mobilenet(backbone[12:], width).features
        inputs, last = body[-1].out_channels, None
    else:
        layers = getattr(resnet, f"resnet{backbone[1:]}")(weights=None, replace_stride_with_dilation=[False, True, True])
        inputs, last = layers.fc.in_features, "out"
        body = IntermediateLayerGetter(layers, return_layers={"layer4": "out"})
    if head == "fcn":
        classifier = FCNHead(inputs, outputs)
        heads = fcn_parts(classifier)
    else:
        classifier = DeepLabHead(inputs, outputs)
        if channels and channels != 256:
            classifier[0] = ASPP(inputs, (12, 24, 36), channels)
            classifier[1] = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
            classifier[2], classifier[4] = nn.BatchNorm2d(channels), nn.Conv2d(channels, outputs, 1)
        heads = deeplab_parts(classifier)
    return Whole(body, without_dropout(classifier), {"decode_head": tree(heads)}, last)


def whole(name, size=(64, 64), **options):
    return evaluated(name, options, 21, list(size), lambda: network(name, 21, options), ORACLE)


def small(name, size=(32, 48), batch=3, **options):
    return trained(name, options, 5, list(size), lambda: network(name, 5, options), ORACLE, batch)


def file_case(name, outputs, size=(64, 96), seed=7, **more):
    """A whole model as torchvision's function builds it, its state dict as a user saves it."""
    build = functools.partial(getattr(segmentation, name), weights=None, weights_backbone=None, num_classes=outputs, **more)
    model = build().double()
    set_weights(model)
    model.eval()
    x = picture(size, 1, seed)
    with torch.no_grad():
        features = model.backbone(x)
        y = model.classifier(features if name.startswith("lraspp") else features["out"])
    print(f"{name}: {sum(p.numel() for p in model.parameters())} parameters, |y| {float(y.norm()):.3g}")
    return {
        "model": name,
        "oracle": ORACLE,
        "outputs": outputs,
        "size": list(size),
        "seed": seed,
        "arrays": {key: list(array.shape) for key, array in model.state_dict().items() if array.is_floating_point()},
        "logits": summary(y, 11),
    }


if __name__ == "__main__":
    if wanted("torchvision"):
        write("torchvision", [
            whole("lraspp-mobilenetv3-large"), whole("lraspp-mobilenetv3-small"),
            whole("deeplabv3-mobilenetv3-large", channels=256, project=1, dilation=192),
            whole("deeplabv3-r50", deepStem=0, channels=256, project=1), whole("fcn-r50", deepStem=0, convs=1),
            small("lraspp-mobilenetv3-large", width=0.25, channels=8),
            small("lraspp-mobilenetv3-small", width=0.25, channels=8),
            small("deeplabv3-mobilenetv3-small", width=0.25, channels=8, project=1, dilation=192),
        ])
    if wanted("files"):
        FILES.write_text(json.dumps([
            # As wide as it takes for the dilations to reach other pixels
            file_case("deeplabv3_resnet50", 21, (16, 112), aux_loss=True),
            file_case("deeplabv3_mobilenet_v3_large", 21, (32, 208), aux_loss=True),
            file_case("fcn_resnet50", 5, aux_loss=True), file_case("lraspp_mobilenet_v3_large", 21),
        ], separators=(",", ":")) + "\n")
        print(f"{FILES.name}: {FILES.stat().st_size} bytes")
