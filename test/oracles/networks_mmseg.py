"""Golden values of the networks that have mmsegmentation's names, by PyTorch writings of ours in float64.
Writes test/conformance/golden/networks-*.json, as networks.py does and with its scheme.

Run again with any Python that has PyTorch: python test/oracles/networks_mmseg.py
"""
import json
import pathlib

import torch
from torch import nn
from torch.nn import functional as F

from networks import case, evaluated, picture, set_weights

# How near values lie to a bend, while settled() asks; the bench runs these networks without.
margins = None


def relu(x):
    if margins is not None:
        margins.append(x.abs().min())
    return F.relu(x, inplace=True)


def relu6(x):
    if margins is not None:
        margins.append(torch.minimum(x.abs(), (x - 6).abs()).min())
    return F.relu6(x, inplace=True)


def max_pool(x):
    if margins is not None:
        margins.append(smallest_gap(x))
    return F.max_pool2d(x, 3, 2, 1)


def smallest_gap(x):
    top = F.unfold(F.pad(x, [1] * 4, value=-1e9), 3, stride=2).unflatten(1, (x.shape[1], 9)).topk(2, 1 + 1).values
    gaps = top[:, :, 0] - top[:, :, 1]
    return gaps[gaps > 0].min()


def settled(network, options, outputs, size, build, taps, batch=3):
    """
    A training case of pictures for which no activation lies so near to its bend, and no two in a window so near to each
    other, that rounding could decide: one value on the other side of zero changes gradients by more than is allowed.
    Batch norm of a single bin sees as many values as there are pictures; two of them would leave no gradient.
    """
    global margins
    model = build().double()
    set_weights(model)
    model.train()
    found = []
    for seed in range(60):
        margins = []
        with torch.no_grad():
            model(picture(size, batch, seed))
        found.append((float(min(margins)), seed))
    margins = None
    margin, seed = max(found)
    print(f"{network} {options}: nearest value {margin:.1e} at seed {seed}")
    return case(network, options, outputs, size, build(), taps, batch, seed)


class Module(nn.Module):
    """Convolution, batch norm and an activation, by mmcv's names."""

    def __init__(self, inputs, outputs, kernel, stride=1, dilation=1, groups=1, act=relu):
        super().__init__()
        padding = dilation * (kernel // 2)
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups, bias=False)
        self.bn = nn.BatchNorm2d(outputs)
        self.act = act

    def forward(self, x):
        y = self.bn(self.conv(x))
        return self.act(y) if self.act else y


def stretch(x, like):
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)


class Relu(nn.Module):
    def forward(self, x):
        return relu(x)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride, dilation):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, dilation, dilation, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        if stride != 1 or inputs != outputs:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))
        else:
            self.downsample = None

    def forward(self, x):
        y = self.bn2(self.conv2(relu(self.bn1(self.conv1(x)))))
        return relu(y + (self.downsample(x) if self.downsample else x))


class ResNet18(nn.Module):
    def __init__(self, width):
        super().__init__()
        narrow, *wide = (max(1, round(c * width)) for c in (32, 64, 128, 256, 512))
        parts = []
        for inputs, outputs, stride in ((3, narrow, 2), (narrow, narrow, 1), (narrow, wide[0], 1)):
            conv = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            parts += [conv, nn.BatchNorm2d(outputs), Relu()]
        self.stem = nn.Sequential(*parts)
        self.layer1 = nn.Sequential(Block(wide[0], wide[0], 1, 1), Block(wide[0], wide[0], 1, 1))
        self.layer2 = nn.Sequential(Block(wide[0], wide[1], 2, 1), Block(wide[1], wide[1], 1, 1))
        self.layer3 = nn.Sequential(Block(wide[1], wide[2], 1, 1), Block(wide[2], wide[2], 1, 2))
        self.layer4 = nn.Sequential(Block(wide[2], wide[3], 1, 2), Block(wide[3], wide[3], 1, 4))
        self.channels = wide[3]

    def forward(self, x):
        ends = {"stem": max_pool(self.stem(x))}
        ends["stage1"] = self.layer1(ends["stem"])
        ends["stage2"] = self.layer2(ends["stage1"])
        ends["stage3"] = self.layer3(ends["stage2"])
        ends["stage4"] = self.layer4(ends["stage3"])
        return ends


class PspHead(nn.Module):
    def __init__(self, inputs, channels, outputs):
        super().__init__()
        self.psp_modules = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(bins), Module(inputs, channels, 1)) for bins in (1, 2, 3, 6)
        )
        self.bottleneck = Module(inputs + 4 * channels, channels, 3)
        self.conv_seg = nn.Conv2d(channels, outputs, 1)

    def forward(self, x):
        context = self.bottleneck(torch.cat([x, *(stretch(part(x), x) for part in self.psp_modules)], 1))
        return {"context": context, "logits": self.conv_seg(context)}


class PspNet(nn.Module):
    def __init__(self, outputs, width=1, channels=128):
        super().__init__()
        self.backbone = ResNet18(width)
        self.decode_head = PspHead(self.backbone.channels, channels, outputs)

    def forward(self, x):
        ends = self.backbone(x)
        return {**ends, **self.decode_head(ends["stage4"])}


def in_eights(channels):
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


class Inverted(nn.Module):
    """An inverted residual of MobileNetV2."""

    def __init__(self, inputs, outputs, expansion, stride, dilation):
        super().__init__()
        wide = inputs * expansion
        parts = [Module(inputs, wide, 1, act=relu6)] if expansion > 1 else []
        parts += [Module(wide, wide, 3, stride, dilation, wide, relu6), Module(wide, outputs, 1, act=None)]
        self.conv = nn.Sequential(*parts)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.conv(x) if self.adds else self.conv(x)


class MobileNetV2(nn.Module):
    STAGES = [(1, 16, 1, 1, 1), (6, 24, 2, 2, 1), (6, 32, 3, 2, 1), (6, 64, 4, 1, 2), (6, 96, 3, 1, 2), (6, 160, 3, 1, 4), (6, 320, 1, 1, 4)]

    def __init__(self, width):
        super().__init__()
        self.channels = in_eights(32 * width)
        self.conv1 = Module(3, self.channels, 3, 2, act=relu6)
        for i, (expansion, channels, blocks, stride, dilation) in enumerate(self.STAGES):
            layer = []
            for block in range(blocks):
                first = block == 0
                outputs = in_eights(channels * width)
                layer.append(Inverted(self.channels, outputs, expansion, stride if first else 1, dilation if first else 1))
                self.channels = outputs
            setattr(self, f"layer{i + 1}", nn.Sequential(*layer))

    def forward(self, x):
        ends = {}
        x = self.conv1(x)
        for i in range(len(self.STAGES)):
            x = ends[f"stage{i + 1}"] = getattr(self, f"layer{i + 1}")(x)
        return ends


class AsppHead(nn.Module):
    def __init__(self, inputs, channels, outputs):
        super().__init__()
        self.image_pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), Module(inputs, channels, 1))
        self.aspp_modules = nn.ModuleList(
            Module(inputs, channels, 1 if dilation == 1 else 3, dilation=dilation) for dilation in (1, 12, 24, 36)
        )
        self.bottleneck = Module(5 * channels, channels, 3)
        self.conv_seg = nn.Conv2d(channels, outputs, 1)

    def forward(self, x):
        parts = [stretch(self.image_pool(x), x), *(part(x) for part in self.aspp_modules)]
        context = self.bottleneck(torch.cat(parts, 1))
        return {"context": context, "logits": self.conv_seg(context)}


class DeepLabV3(nn.Module):
    def __init__(self, outputs, width=1, channels=512):
        super().__init__()
        self.backbone = MobileNetV2(width)
        self.decode_head = AsppHead(self.backbone.channels, channels, outputs)

    def forward(self, x):
        ends = self.backbone(x)
        return {**ends, **self.decode_head(ends["stage7"])}


class Stem(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv_first = Module(3, channels, 3, 2)
        self.convs = nn.Sequential(Module(channels, channels // 2, 1), Module(channels // 2, channels, 3, 2))
        self.fuse_last = Module(2 * channels, channels, 3)

    def forward(self, x):
        x = self.conv_first(x)
        return self.fuse_last(torch.cat([self.convs(x), max_pool(x)], 1))


class Separable(nn.Module):
    """Depthwise and pointwise convolution, each with batch norm or only the first."""

    def __init__(self, inputs, outputs, stride=1, norm=True):
        super().__init__()
        self.depthwise_conv = Module(inputs, inputs, 3, stride, groups=inputs, act=None)
        if norm:
            self.pointwise_conv = Module(inputs, outputs, 1, act=None)
        else:
            self.pointwise_conv = nn.Sequential()
            self.pointwise_conv.add_module("conv", nn.Conv2d(inputs, outputs, 1))

    def forward(self, x):
        return self.pointwise_conv(self.depthwise_conv(x))


class Gather(nn.Module):
    """A gather-and-expansion layer."""

    def __init__(self, inputs, outputs):
        super().__init__()
        wide, down = 6 * inputs, inputs != outputs
        self.conv1 = Module(inputs, inputs, 3)
        if down:
            first = Module(inputs, wide, 3, 2, groups=inputs, act=None)
            self.dwconv = nn.Sequential(first, Module(wide, wide, 3, groups=wide))
            self.shortcut = nn.Sequential(Separable(inputs, outputs, 2))
        else:
            self.dwconv = nn.Sequential(Module(inputs, wide, 3, groups=inputs))
            self.shortcut = None
        self.conv2 = nn.Sequential(Module(wide, outputs, 1, act=None))

    def forward(self, x):
        y = self.conv2(self.dwconv(self.conv1(x)))
        return relu(y + (self.shortcut(x) if self.shortcut else x))


class Context(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.gap = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(channels))
        self.conv_gap = Module(channels, channels, 1)
        self.conv_last = Module(channels, channels, 3)

    def forward(self, x):
        return self.conv_last(x + self.conv_gap(self.gap(x)))


class Detail(nn.Module):
    def __init__(self, first, second, third):
        super().__init__()
        self.detail_branch = nn.Sequential(
            nn.Sequential(Module(3, first, 3, 2), Module(first, first, 3)),
            nn.Sequential(Module(first, second, 3, 2), Module(second, second, 3), Module(second, second, 3)),
            nn.Sequential(Module(second, third, 3, 2), Module(third, third, 3), Module(third, third, 3)),
        )

    def forward(self, x):
        return self.detail_branch(x)


class Semantic(nn.Module):
    def __init__(self, first, second, third, fourth):
        super().__init__()
        self.stage1 = Stem(first)
        self.stage2 = nn.Sequential(Gather(first, second), Gather(second, second))
        self.stage3 = nn.Sequential(Gather(second, third), Gather(third, third))
        self.stage4 = nn.Sequential(Gather(third, fourth), *(Gather(fourth, fourth) for _ in range(3)))
        self.stage4_CEBlock = Context(fourth)

    def forward(self, x):
        ends = {"stage1": self.stage1(x)}
        ends["stage2"] = self.stage2(ends["stage1"])
        ends["stage3"] = self.stage3(ends["stage2"])
        ends["stage4"] = self.stage4(ends["stage3"])
        ends["semantic"] = self.stage4_CEBlock(ends["stage4"])
        return ends


class Aggregation(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.detail_dwconv = nn.Sequential(Separable(channels, channels, norm=False))
        self.detail_down = nn.Sequential(Module(channels, channels, 3, 2, act=None), nn.AvgPool2d(3, 2, 1))
        self.semantic_conv = nn.Sequential(Module(channels, channels, 3, act=None))
        self.semantic_dwconv = nn.Sequential(Separable(channels, channels, norm=False))
        self.conv = Module(channels, channels, 3)

    def forward(self, detail, semantic):
        fine = self.detail_dwconv(detail)
        fine = fine * torch.sigmoid(stretch(self.semantic_conv(semantic), fine))
        coarse = self.detail_down(detail) * torch.sigmoid(self.semantic_dwconv(semantic))
        return self.conv(fine + stretch(coarse, fine))


class Bilateral(nn.Module):
    def __init__(self, width):
        super().__init__()
        wide = [2 * round(c * width / 2) for c in (64, 64, 128, 16, 32, 64, 128)]
        self.detail = Detail(*wide[:3])
        self.semantic = Semantic(*wide[3:])
        self.bga = Aggregation(wide[2])
        self.channels = wide[2]

    def forward(self, x):
        detail, ends = self.detail(x), self.semantic(x)
        return {"detail": detail, **ends, "aggregated": self.bga(detail, ends["semantic"])}


class FcnHead(nn.Module):
    def __init__(self, inputs, channels, outputs):
        super().__init__()
        self.convs = nn.Sequential(Module(inputs, channels, 3))
        self.conv_seg = nn.Conv2d(channels, outputs, 1)

    def forward(self, x):
        return self.conv_seg(self.convs(x))


class BiSeNetV2(nn.Module):
    def __init__(self, outputs, width=1, channels=1024):
        super().__init__()
        self.backbone = Bilateral(width)
        self.decode_head = FcnHead(self.backbone.channels, channels, outputs)

    def forward(self, x):
        ends = self.backbone(x)
        return {**ends, "logits": self.decode_head(ends["aggregated"])}


def write(name, cases):
    target = pathlib.Path(__file__).parent.parent / "conformance" / "golden" / f"networks-{name}.json"
    target.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
    print(f"{target}: {target.stat().st_size} bytes, {[c['parameters'] for c in cases]}")


if __name__ == "__main__":
    taps = ["stage3", "context"]
    write("pspnet-r18", [
        evaluated("pspnet-r18", {}, 19, [64, 48], PspNet(19)),
        settled("pspnet-r18", {"width": 0.25, "channels": 16}, 5, [40, 56], lambda: PspNet(5, 0.25, 16), taps),
    ])
    taps = ["stage5", "context"]
    write("deeplabv3-mobilenetv2", [
        evaluated("deeplabv3-mobilenetv2", {}, 19, [64, 48], DeepLabV3(19)),
        settled("deeplabv3-mobilenetv2", {"width": 0.25, "channels": 16}, 5, [40, 56], lambda: DeepLabV3(5, 0.25, 16), taps),
    ])
    taps = ["detail", "semantic", "aggregated"]
    write("bisenetv2", [
        evaluated("bisenetv2", {}, 19, [64, 96], BiSeNetV2(19)),
        settled("bisenetv2", {"width": 0.25, "channels": 16}, 5, [64, 96], lambda: BiSeNetV2(5, 0.25, 16), taps),
    ])
