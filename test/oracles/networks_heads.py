"""Golden values of heads and backbones by mmsegmentation's. Writes test/conformance/golden/networks-*.json.

    python test/oracles/networks_heads.py [NAME…]
"""
from functools import partial

from network_cases import OURS, evaluated, mmcv_operator, trained, version, wanted, write  # before mmseg: it prepares the packages

import timm.models.efficientnet
import torch
from mmseg.models.decode_heads import cc_head, psa_head
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
    "nonlocal": {"type": "NLHead"},
    "encnet": {"type": "EncHead"},
    "emanet": {"type": "EMAHead", "num_stages": 3},
    "apcnet": {"type": "APCHead", "pool_scales": (1, 2, 3, 6)},
    "deeplabv3plus": {"type": "DepthwiseSeparableASPPHead"},
    "danet": {"type": "DAHead"},
    "ccnet": {"type": "CCHead", "recurrence": 2},
    "psanet": {"type": "PSAHead"},
}


class Mask(nn.Module):
    """
    PSANet's mask, in mmcv an operator that needs compiling: of what each pixel tells of the places relative to it, what it
    tells of every other, [n, others, h, w] (collect), or what every other tells of it, [n, tellers, h, w] (distribute).
    Zero for places out of the mask.
    """

    def __init__(self, psa_type, mask_size):
        super().__init__()
        self.distribute, self.size = psa_type == "distribute", mask_size

    def forward(self, told):
        n, _, height, width = told.shape
        y, x = (axis.flatten() for axis in torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij"))
        down, across = y[:, None] - y + self.size[0] // 2, x[:, None] - x + self.size[1] // 2
        near = (down >= 0) & (down < self.size[0]) & (across >= 0) & (across < self.size[1])
        # [other, teller]: one more place, of zeros, for those that are too far.
        place = torch.where(near, down * self.size[1] + across, self.size[0] * self.size[1])
        pixels = torch.cat([told.flatten(2), told.new_zeros(n, 1, height * width)], 1)
        all_told = pixels.gather(1, place.expand(n, -1, -1))
        return (all_told.transpose(1, 2) if self.distribute else all_told).reshape(n, height * width, height, width)


cc_head.CrissCrossAttention = mmcv_operator("cc_attention").CrissCrossAttention
psa_head.PSAMask = Mask


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


def hrnet(channels, first, blocks, modules, width=1):
    wide = [int(channels * 2**i * width + 0.5) for i in range(4)]
    stages = {f"stage{s + 2}": {"num_modules": modules[s], "num_branches": s + 2, "block": "BASIC",
                                "num_blocks": (blocks,) * (s + 2), "num_channels": wide[: s + 2]} for s in range(3)}
    stages["stage1"] = {"num_modules": 1, "num_branches": 1, "block": "BOTTLENECK", "num_blocks": (first,), "num_channels": (round(64 * width),)}
    return {"type": "HRNet", "extra": stages, "norm_cfg": NORM, "norm_eval": False}, wide, 4


class NarrowHRNet(MODELS.get("HRNet")):
    """Its first stage has 64 channels whatever the settings say, so that a narrower one needs this."""

    def _make_layer(self, block, inplanes, planes, blocks, stride=1):
        narrow = self.extra["stage1"]["num_channels"][0]
        if narrow != 64:
            for i in (1, 2):
                setattr(self, f"conv{i}", nn.Conv2d(3 if i == 1 else narrow, narrow, 3, 2, 1, bias=False))
                setattr(self, f"bn{i}", nn.BatchNorm2d(narrow))
        return super()._make_layer(block, narrow, planes, blocks, stride)


MODELS.register_module(name="HRNet", module=NarrowHRNet, force=True)


class EfficientNet(nn.Module):
    """timm's without what only the classifier of images reads; a tuple of the four levels."""

    def __init__(self, name, width, stride):
        super().__init__()
        factors = {"0": (1, 1), "1": (1, 1.1), "2": (1.1, 1.2), "3": (1.2, 1.4), "4": (1.4, 1.8)}[name[-1]]
        gen = timm.models.efficientnet._gen_efficientnet_lite if "lite" in name else timm.models.efficientnet._gen_efficientnet
        kwargs = {"bn_eps": 1e-3, "pad_type": "same", "output_stride": stride}
        model = gen(f"tf_efficientnet_{name}", channel_multiplier=factors[0] * width, depth_multiplier=factors[1], **kwargs)
        self.conv_stem, self.bn1, self.blocks = model.conv_stem, model.bn1, model.blocks

    def forward(self, x):
        x = self.bn1(self.conv_stem(x))
        ends = []
        for block in self.blocks:
            x = block(x)
            ends.append(x)
        return [ends[i] for i in (1, 2, 4, 6)]


def efficientnet(name, width=1, stride=8):
    model = EfficientNet(name, width, stride)
    channels = [y.shape[1] for y in model(torch.zeros(2, 3, 32, 32))]
    return model, channels, stride


BACKBONES = {
    "r18": lambda **o: resnet(18, **o),
    "r34": lambda **o: resnet(34, **o),
    "r50": lambda **o: resnet(50, **o),
    "r101": lambda **o: resnet(101, **o),
    "rx50": lambda **o: resnet(50, type="ResNeXt", groups=32, base_width=4, **o),
    "rx101": lambda **o: resnet(101, type="ResNeXt", groups=32, base_width=8, **o),
    "mobilenetv2": mobilenet,
    "hrnet-w18s": lambda **o: hrnet(18, 2, 2, (1, 3, 2), **o),
    "hrnet-w18": lambda **o: hrnet(18, 4, 4, (1, 4, 3), **o),
    "hrnet-w48": lambda **o: hrnet(48, 4, 4, (1, 4, 3), **o),
    **{f"efficientnet-{name}": partial(efficientnet, name) for name in ("b0", "b1", "b2", "b3", "b4", "lite0", "lite1", "lite2", "lite3", "lite4")},
}


class Network(nn.Module):
    """Backbone and head, and the input's size where the head asks for none of it."""

    def __init__(self, backbone, head):
        super().__init__()
        self.backbone = backbone if isinstance(backbone, nn.Module) else MODELS.build(backbone)
        self.decode_head = MODELS.build(head)
        self.auxiliary_head = None

    def features(self, x):
        return self.backbone(x)

    def forward(self, x):
        x = self.features(x)
        y = self.decode_head(x)
        if self.auxiliary_head is None:
            return y
        if isinstance(y, tuple):
            return {"logits": y[0], "classes": y[1][:, :, None, None], "auxiliary": self.auxiliary_head(x)}
        if not isinstance(self.auxiliary_head, nn.ModuleList):
            return {"logits": y, "auxiliary": self.auxiliary_head(x)}
        return {"logits": y, **{f"auxiliary{i}": head(x) for i, head in enumerate(self.auxiliary_head)}}


def last_head(channels, inner, outputs, index):
    return {"type": "FCNHead", "in_channels": channels, "in_index": index, "channels": inner, "num_convs": 1,
            "concat_input": False, "num_classes": outputs, **COMMON}


class DualAttention(Network):
    """DANet, without the two classifiers that only its losses read where these are not asked for."""

    def without_classifiers(self):
        self.decode_head.pam_conv_seg, self.decode_head.cam_conv_seg = nn.Identity(), nn.Identity()
        return self

    def forward(self, x):
        levels = self.backbone(x)
        y, position, channel = self.decode_head(levels)
        if self.auxiliary_head is None:
            return y
        return {"logits": y, "position.logits": position, "channel.logits": channel, "auxiliary": self.auxiliary_head(levels)}


class Cascade(Network):
    """A head that reads what the one before it gives, too."""

    with_first = False

    def __init__(self, backbone, heads):
        super().__init__(backbone, heads[0])
        self.decode_head = nn.ModuleList(MODELS.build(head) for head in heads)

    def forward(self, x):
        levels = self.backbone(x)
        first, second = self.decode_head
        regions = first(levels)
        y = second(levels, regions)
        return {"logits": y, "regions": regions} if self.with_first else y


class WithNeck(Network):
    def __init__(self, backbone, neck, head):
        super().__init__(backbone, head)
        self.neck = MODELS.build(neck)

    def features(self, x):
        return self.neck(self.backbone(x))


def icnet(depth, outputs, width=1, channels=128):
    backbone, levels, _ = resnet(depth, width)
    wide = round(512 * width)
    whole = {"type": "ICNet", "backbone_cfg": backbone, "layer_channels": (levels[1], levels[3]), "psp_out_channels": wide,
             "light_branch_middle_channels": channels // 4, "out_channels": (channels // 2, 2 * channels, 2 * channels), "norm_cfg": NORM}
    neck = {"type": "ICNeck", "in_channels": (channels // 2, 2 * channels, 2 * channels), "out_channels": channels, "norm_cfg": NORM}
    return WithNeck(whole, neck, last_head(channels, channels, outputs, 2))


def bisenetv1(backbone_id, outputs, channels=256, **options):
    backbone, levels, _ = BACKBONES[backbone_id](stride=32, **options)
    whole = {"type": "BiSeNetV1", "backbone_cfg": backbone, "norm_cfg": NORM, "out_channels": channels,
             "context_channels": (channels // 2, levels[2], levels[3]), "spatial_channels": (channels // 4,) * 3 + (channels // 2,)}
    # Its fusion module takes the middle one of context_channels for its input, which fits ResNet-18 alone.
    model = MODELS.build(whole)
    model.ffm = type(model.ffm)(channels, channels)
    return Network(model, last_head(channels, channels, outputs, 0))


def ocr(backbone_id, outputs, channels=512, inner=256, **options):
    backbone, levels, _ = BACKBONES[backbone_id](**options)
    first = last_head(levels[2], levels[2] // 4, outputs, 2)
    second = {"type": "OCRHead", "in_channels": levels[3], "in_index": 3, "channels": channels, "ocr_channels": inner,
              "num_classes": outputs, **COMMON}
    if "hrnet" in backbone_id:
        all_levels = {"in_channels": levels, "in_index": (0, 1, 2, 3), "input_transform": "resize_concat"}
        first.update({**all_levels, "channels": sum(levels), "kernel_size": 1})
        second.update(all_levels)
    return Cascade(backbone, [first, second])


def unet(outputs, channels=64):
    return Network({"type": "UNet", "base_channels": channels, "norm_cfg": NORM}, last_head(channels, channels, outputs, 4))


def bisenetv2(outputs, width=1, channels=1024):
    wide = lambda *all: tuple(round(one * width) for one in all)
    backbone = {"type": "BiSeNetV2", "detail_channels": wide(64, 64, 128), "semantic_channels": wide(16, 32, 64, 128),
                "bga_channels": wide(128)[0], "norm_cfg": NORM}
    return Network(backbone, last_head(wide(128)[0], channels, outputs, 0))


def with_auxiliaries(name, outputs, options):
    """The network with the auxiliary heads of mmsegmentation's settings; narrow ones have a quarter of the channels, too."""
    model = network(name, outputs, options)
    if isinstance(model, Cascade):
        model.with_first = True
        return model
    if isinstance(model, DualAttention):
        inner = model.decode_head.channels
        for part in ("pam", "cam"):
            setattr(model.decode_head, f"{part}_conv_seg", nn.Conv2d(inner, outputs, 1))
    with torch.no_grad():
        channels = [y.shape[1] for y in model.eval().features(torch.zeros(1, 3, 64, 64))]
    head = lambda index, inner, **more: MODELS.build({**last_head(channels[index], inner, outputs, index), **more})
    if name == "bisenetv2":
        width = options.get("width", 1)
        heads = [head(i + 1, round(inner * width), num_convs=2) for i, inner in enumerate((16, 64, 256, 1024))]
    elif name.startswith("bisenetv1"):
        heads = [head(i, options.get("channels", 256) // 4) for i in (1, 2)]
    elif name.startswith("icnet"):
        heads = [head(i, options.get("channels", 128)) for i in (0, 1)]
    else:
        model.auxiliary_head = head(2, channels[2] // 4)
        if name.startswith("encnet"):
            model.decode_head.use_se_loss = True
            model.decode_head.se_layer = nn.Linear(model.decode_head.channels, outputs)
        return model
    model.auxiliary_head = nn.ModuleList(heads)
    return model


def network(name, outputs, options):
    if name == "bisenetv2":
        return bisenetv2(outputs, **options)
    if name == "unet":
        return unet(outputs, **options)
    if name.startswith("icnet"):
        return icnet(int(name[7:]), outputs, **options)
    if name.startswith("bisenetv1"):
        return bisenetv1(name[10:], outputs, **options)
    if name.startswith("ocr-"):
        return ocr(name[4:], outputs, **options)
    head_id, backbone_id = name.split("-", 1)
    own = {key: value for key, value in options.items() if key in ("width", "stride", "deepStem")}
    backbone, channels, stride = BACKBONES[backbone_id](**own)
    head = {**HEADS[head_id], **COMMON, "num_classes": outputs}
    head["channels"] = options.get("channels", 128 if head_id == "pspnet" else 512)
    if "hrnet" in backbone_id:
        head.update({"in_channels": channels, "in_index": (0, 1, 2, 3), "input_transform": "resize_concat"})
    else:
        head.update({"in_channels": channels[-1], "in_index": 3})
    if head_id == "encnet":
        head.update({"in_channels": channels[1:], "in_index": (1, 2, 3), "num_codes": options.get("codes", 32), "use_se_loss": False})
    if head_id == "emanet":
        head["channels"] = options.get("channels", 256)
        head.update({"ema_channels": 2 * head["channels"], "num_bases": options.get("bases", 64)})
    if head_id == "deeplabv3plus":
        head.update({"c1_in_channels": channels[0], "c1_channels": options.get("fine", 48)})
    if head_id.startswith("deeplabv3"):
        head["dilations"] = tuple(max(1, pixels // stride) for pixels in (1, 96, 192, 288))
    if head_id == "danet":
        return DualAttention(backbone, {**head, "pam_channels": options.get("inner", 64)}).without_classifiers()
    if head_id == "psanet":
        head["mask_size"] = (2 * options.get("reach", 48) + 1,) * 2
    return Network(backbone, head)


def oracle(name):
    if name.startswith("ccnet"):
        return f"{MMSEG}, {version('mmcv-lite')}"
    if name.startswith("psanet"):
        return f"{MMSEG}, mask in {OURS}"
    return f"{MMSEG}, {version('timm')}" if "efficientnet" in name else MMSEG


def whole(name, size=(64, 64), build=network, **options):
    return evaluated(name, options, 19, list(size), lambda: build(name, 19, options), oracle(name))


def small(name, size=(32, 40), batch=3, damped="", build=network, statistics=False, **options):
    return trained(name, options, 5, list(size), lambda: build(name, 5, options), oracle(name), batch, damped=damped, statistics=statistics)


FILES = {
    "resnet": lambda: [
        whole("pspnet-r34"), whole("pspnet-r50", channels=512), whole("pspnet-r101", channels=512),
        small("fcn-r34", width=0.125, channels=8), small("fcn-r50", size=(48, 64), width=0.125, stride=16, channels=8),
        small("fcn-r101", width=0.125, channels=8, damped="bn3.weight"), small("pspnet-r18", width=0.125, channels=8, deepStem=0),
    ],
    "resnext": lambda: [whole("deeplabv3-rx50"), whole("fcn-rx101"), small("fcn-rx50", size=(32, 32), width=0.125, channels=8, damped="bn3.weight")],
    "mobilenetv2": lambda: [whole("fcn-mobilenetv2", stride=16), small("fcn-mobilenetv2", size=(32, 48), width=0.25, stride=16, channels=8)],
    "efficientnet": lambda: [
        *(whole(f"fcn-efficientnet-b{i}", channels=64) for i in range(5)),
        small("fcn-efficientnet-b0", width=0.125, channels=8),
    ],
    "efficientnet-lite": lambda: [
        *(whole(f"fcn-efficientnet-lite{i}", stride=16, channels=64) for i in range(5)),
        small("fcn-efficientnet-lite1", size=(32, 48), width=0.125, stride=16, channels=8),
    ],
    "hrnet": lambda: [
        whole("fcn-hrnet-w18s"), whole("fcn-hrnet-w18"), whole("fcn-hrnet-w48"),
        small("fcn-hrnet-w18s", size=(32, 64), width=0.25, channels=8),
    ],
    "deeplabv3": lambda: [whole("deeplabv3-r50"), whole("deeplabv3-r101"), small("deeplabv3-r18", size=(48, 64), width=0.125, stride=16, channels=8)],
    "deeplabv3plus": lambda: [
        whole("deeplabv3plus-r50"), whole("deeplabv3plus-r101"), whole("deeplabv3plus-mobilenetv2"),
        small("deeplabv3plus-r18", width=0.125, channels=8, fine=4),
    ],
    "bisenetv1": lambda: [
        whole("bisenetv1-r18"), whole("bisenetv1-r50", channels=1024), small("bisenetv1-r18", size=(64, 96), width=0.125, channels=16),
    ],
    "icnet": lambda: [whole("icnet-r18"), whole("icnet-r50"), whole("icnet-r101"), small("icnet-r18", size=(64, 96), width=0.125, channels=8)],
    "nonlocal": lambda: [whole("nonlocal-r50"), small("nonlocal-r18", size=(32, 32), width=0.125, channels=8)],
    "danet": lambda: [whole("danet-r50"), small("danet-r18", size=(32, 40), width=0.125, channels=8, inner=4)],
    "ccnet": lambda: [whole("ccnet-r50"), small("ccnet-r18", width=0.125, channels=16)],
    "psanet": lambda: [
        whole("psanet-r50"), small("psanet-r18", size=(64, 96), width=0.125, channels=8, reach=2),
        small("psanet-r18", size=(32, 48), width=0.125, channels=8, reach=5),
    ],
    "ocr": lambda: [
        whole("ocr-r50"), whole("ocr-hrnet-w18"), small("ocr-r18", width=0.125, channels=8, inner=4),
        small("ocr-hrnet-w18s", size=(32, 64), width=0.25, channels=8, inner=4),
    ],
    "unet": lambda: [whole("unet"), small("unet", size=(32, 48), channels=4)],
    "auxiliary": lambda: [
        whole("pspnet-r50", build=with_auxiliaries, channels=512), whole("icnet-r18", build=with_auxiliaries),
        small("pspnet-r18", build=with_auxiliaries, width=0.125, channels=8),
        small("icnet-r18", build=with_auxiliaries, size=(64, 96), width=0.125, channels=8),
    ],
    "auxiliary-bisenet": lambda: [
        whole("bisenetv2", build=with_auxiliaries), whole("bisenetv1-r18", build=with_auxiliaries),
        small("bisenetv1-r18", build=with_auxiliaries, size=(64, 96), width=0.125, channels=16),
        small("bisenetv2", build=with_auxiliaries, size=(64, 64), batch=4, width=0.25, channels=8),
    ],
    "auxiliary-attention": lambda: [
        small("danet-r18", build=with_auxiliaries, width=0.125, channels=8, inner=4),
        small("ocr-r18", build=with_auxiliaries, width=0.125, channels=8, inner=4),
    ],
    "encnet": lambda: [
        whole("encnet-r50"), small("encnet-r18", size=(32, 32), width=0.125, channels=8, codes=4),
        small("encnet-r18", build=with_auxiliaries, size=(32, 32), width=0.125, channels=8, codes=4),
    ],
    "emanet": lambda: [whole("emanet-r50"), small("emanet-r18", size=(32, 32), width=0.125, channels=8, bases=4, statistics=True)],
    "apcnet": lambda: [whole("apcnet-r50"), small("apcnet-r18", size=(32, 40), width=0.125, channels=8)],
    "fcn": lambda: [whole("fcn-r50"), small("fcn-r18", width=0.125, channels=8)],
}

if __name__ == "__main__":
    for name, cases in FILES.items():
        if wanted(name):
            write(name, cases())
