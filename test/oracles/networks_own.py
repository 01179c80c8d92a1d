"""Golden values of the networks that no package on PyPI has, by PyTorch writings of ours from the papers; VGG-16 is torchvision's.
Writes test/conformance/golden/networks-*.json.

    python test/oracles/networks_own.py [NAME…]
"""
from network_cases import OURS, evaluated, trained, version, wanted, write  # before torchvision: it prepares the packages

import torch
import torchvision
from torch import nn
from torch.nn import functional as F

STAGES = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]


def scaled(channels, width):
    return max(1, int(channels * width + 0.5))


class Vgg(nn.Module):
    """torchvision's vgg16, made narrower and dilated."""

    def __init__(self, width=1, stride=8, norm=1):
        super().__init__()
        layers = torchvision.models.vgg16_bn().features if norm else torchvision.models.vgg16().features
        size = 1
        for i, layer in enumerate(layers):
            if isinstance(layer, nn.MaxPool2d):
                size *= 2
                if size > stride:
                    layers[i] = nn.MaxPool2d(3, 1, 1)
            elif isinstance(layer, nn.Conv2d):
                inputs = 3 if i == 0 else scaled(layer.in_channels, width)
                dilation = max(1, size // stride)
                layers[i] = nn.Conv2d(inputs, scaled(layer.out_channels, width), 3, 1, dilation, dilation)
            elif isinstance(layer, nn.BatchNorm2d):
                layers[i] = nn.BatchNorm2d(scaled(layer.num_features, width))
        self.features = layers
        self.channels = scaled(512, width)

    def forward(self, x):
        return self.features(x)


class OnVgg(nn.Module):
    def __init__(self, width, stride, norm):
        super().__init__()
        self.backbone = Vgg(width, stride, norm)
        self.channels = self.backbone.channels
        self.dilation = 96 // stride


class DeepLab(OnVgg):
    def __init__(self, outputs, width=1, stride=8, norm=1, channels=1024):
        super().__init__(width, stride, norm)
        self.fc6 = nn.Conv2d(self.channels, channels, 3, 1, self.dilation, self.dilation)
        self.fc7 = nn.Conv2d(channels, channels, 1)
        self.fc8 = nn.Conv2d(channels, outputs, 1)

    def forward(self, x):
        return self.fc8(F.relu(self.fc7(F.relu(self.fc6(self.backbone(x))))))


class DilatedContext(OnVgg):
    def __init__(self, outputs, width=1, stride=8, norm=1):
        super().__init__(width, stride, norm)
        self.final = nn.Conv2d(self.channels, outputs, 1)
        self.context = nn.ModuleList(nn.Conv2d(outputs, outputs, 3, 1, d, d) for d in (1, 1, 2, 4, 8, 16, 1))
        self.context_final = nn.Conv2d(outputs, outputs, 1)

    def forward(self, x):
        x = self.final(self.backbone(x))
        for layer in self.context:
            x = F.relu(layer(x))
        return self.context_final(x)


class UnitScale(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, x):
        return F.normalize(x, dim=1) * self.weight[:, None, None]


class ParseNet(OnVgg):
    def __init__(self, outputs, width=1, stride=8, norm=1):
        super().__init__(width, stride, norm)
        self.norm_global, self.norm_local = UnitScale(self.channels), UnitScale(self.channels)
        self.classifier = nn.Conv2d(2 * self.channels, outputs, 1)

    def forward(self, x):
        x = self.backbone(x)
        image = self.norm_global(F.adaptive_avg_pool2d(x, 1)).expand_as(x)
        return self.classifier(torch.cat([self.norm_local(x), image], 1))


class DenseStep(nn.Module):
    def __init__(self, inputs, inner, growth, dilation):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, inner, 1), nn.BatchNorm2d(inner)
        self.conv2, self.bn2 = nn.Conv2d(inner, growth, 3, 1, dilation, dilation), nn.BatchNorm2d(growth)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return torch.cat([F.relu(self.bn2(self.conv2(y))), x], 1)


class DenseAspp(OnVgg):
    def __init__(self, outputs, width=1, stride=8, norm=1, inner=256, growth=64):
        super().__init__(width, stride, norm)
        channels = self.channels
        for dilation in (3, 6, 12, 18, 24):
            setattr(self, f"aspp_{dilation}", DenseStep(channels, inner, growth, dilation))
            channels += growth
        self.classifier = nn.Conv2d(channels, outputs, 1)

    def forward(self, x):
        x = self.backbone(x)
        for dilation in (3, 6, 12, 18, 24):
            x = getattr(self, f"aspp_{dilation}")(x)
        return self.classifier(x)


def layer(inputs, outputs, kernel=3, transposed=False):
    kind = nn.ConvTranspose2d if transposed else nn.Conv2d
    return nn.Sequential(kind(inputs, outputs, kernel, 1, kernel // 2), nn.BatchNorm2d(outputs), nn.ReLU())


class OcNet(OnVgg):
    def __init__(self, outputs, width=1, stride=8, norm=1, channels=512):
        super().__init__(width, stride, norm)
        inner = channels // 2
        self.reduce = layer(self.channels, channels)
        self.key1, self.key2 = layer(channels, inner, 1), layer(inner, inner, 1)
        self.value, self.out = nn.Conv2d(channels, inner, 1), nn.Conv2d(inner, channels, 1)
        self.fuse, self.classifier = layer(2 * channels, channels, 1), nn.Conv2d(channels, outputs, 1)

    def forward(self, x):
        x = self.reduce(self.backbone(x))
        key, value = self.key2(self.key1(x)).flatten(2), self.value(x).flatten(2)
        weights = torch.softmax(key.transpose(1, 2) @ key / key.shape[1] ** 0.5, 2)
        mean = (value @ weights.transpose(1, 2)).unflatten(2, x.shape[2:])
        return self.classifier(self.fuse(torch.cat([self.out(mean), x], 1)))


class MixedPooling(nn.Module):
    """Strip pooling's, with the names of its authors' code."""

    def __init__(self, channels):
        super().__init__()
        inner = channels // 4
        plain = lambda inputs, outputs, *window: nn.Sequential(nn.Conv2d(inputs, outputs, *window, bias=False), nn.BatchNorm2d(outputs))
        active = lambda *sizes: plain(*sizes).append(nn.ReLU())
        self.conv1_1, self.conv1_2 = active(channels, inner, 1), active(channels, inner, 1)
        self.conv2_0, self.conv2_1, self.conv2_2 = (plain(inner, inner, 3, 1, 1) for _ in range(3))
        self.conv2_3, self.conv2_4 = plain(inner, inner, (1, 3), 1, (0, 1)), plain(inner, inner, (3, 1), 1, (1, 0))
        self.conv2_5, self.conv2_6 = active(inner, inner, 3, 1, 1), active(inner, inner, 3, 1, 1)
        self.conv3 = plain(2 * inner, channels, 1)

    def forward(self, x):
        near, far = self.conv1_1(x), self.conv1_2(x)

        def pooled(conv, features, bins):
            means = conv(F.adaptive_avg_pool2d(features, bins))
            return F.interpolate(means, x.shape[2:], mode="bilinear", align_corners=True)

        grids = pooled(self.conv2_1, near, 20) + pooled(self.conv2_2, near, 12)
        short = self.conv2_5(F.relu(self.conv2_0(near) + grids))
        strips = pooled(self.conv2_3, far, (1, None)) + pooled(self.conv2_4, far, (None, 1))
        long = self.conv2_6(F.relu(strips))
        return F.relu(x + self.conv3(torch.cat([short, long], 1)))


class StripPooling(OnVgg):
    def __init__(self, outputs, width=1, stride=8, norm=1):
        super().__init__(width, stride, norm)
        channels = self.channels // 2
        self.head = nn.Module()
        self.head.trans_layer = nn.Sequential(nn.Conv2d(self.channels, channels, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU())
        self.head.strip_pool1, self.head.strip_pool2 = MixedPooling(channels), MixedPooling(channels)
        half = channels // 2
        self.head.score_layer = nn.Sequential(
            nn.Conv2d(channels, half, 3, 1, 1, bias=False), nn.BatchNorm2d(half), nn.ReLU(), nn.Identity(), nn.Conv2d(half, outputs, 1)
        )

    def forward(self, x):
        head = self.head
        return head.score_layer(head.strip_pool2(head.strip_pool1(head.trans_layer(self.backbone(x)))))


class GraphFcn(OnVgg):
    """Written with the whole matrix of the graph, whose products are not counted: its entries are no convolution's."""

    def __init__(self, outputs, width=1, stride=8, norm=1, channels=256):
        super().__init__(width, stride, norm)
        self.features = layer(self.channels, channels)
        self.graph1, self.graph2 = nn.Conv2d(channels + 2, channels, 1, bias=False), nn.Conv2d(channels, outputs, 1, bias=False)
        self.fcn = nn.Conv2d(channels, outputs, 1)

    def step(self, x):
        height, width = x.shape[2:]
        rows, columns = torch.meshgrid(torch.arange(height).double(), torch.arange(width).double(), indexing="ij")
        places = torch.stack([rows.flatten(), columns.flatten()], 1)
        apart = places[:, None] - places[None]
        near = torch.exp(-(apart**2).sum(2)) * (apart.abs().amax(2) <= 1)
        root = near.sum(1) ** -0.5
        matrix = root[:, None] * near * root
        return (matrix * x.flatten(2)[:, :, None]).sum(3).view_as(x)

    def forward(self, x):
        x = self.features(self.backbone(x))
        rows, columns = torch.meshgrid(*(torch.linspace(-1, 1, size).double() for size in x.shape[2:]), indexing="ij")
        places = torch.stack([rows, columns])[None].expand(len(x), -1, -1, -1)
        nodes = F.relu(self.graph1(self.step(torch.cat([x, places], 1))))
        return {"logits": self.graph2(self.step(nodes)), "fcn": self.fcn(x)}


class Unpooling(nn.Module):
    """The way down and the way up that SegNet and DeconvNet share."""

    def __init__(self, width, up, last):
        super().__init__()
        wide = [scaled(channels, width) for channels, _ in STAGES]
        before = [3, *wide]
        self.encoder = nn.ModuleList(
            nn.Sequential(*(layer(before[i] if c == 0 else wide[i], wide[i]) for c in range(convs)))
            for i, (_, convs) in enumerate(STAGES)
        )
        after = [last, *wide]
        self.decoder = nn.ModuleList(
            nn.Sequential(*(up(wide[i], after[i] if c == convs - 1 else wide[i]) for c in range(convs) if after[i] or c < convs - 1))
            for i, (_, convs) in enumerate(STAGES)
        )

    def middle(self, x):
        return x

    def forward(self, x):
        places = []
        for stage in self.encoder:
            x, found = F.max_pool2d(stage(x), 2, 2, return_indices=True)
            places.append(found)
        x = self.middle(x)
        for stage, found in zip(reversed(self.decoder), reversed(places)):
            x = stage(F.max_unpool2d(x, found, 2, 2))
        return self.classifier(x)


class SegNet(Unpooling):
    def __init__(self, outputs, width=1):
        super().__init__(width, layer, None)
        self.classifier = nn.Conv2d(scaled(64, width), outputs, 3, 1, 1)


class DeconvNet(Unpooling):
    def __init__(self, outputs, width=1, channels=4096):
        super().__init__(width, lambda a, b: layer(a, b, transposed=True), scaled(64, width))
        wide = scaled(512, width)
        self.fc6, self.fc7 = layer(wide, channels, 7), layer(channels, channels, 1)
        self.back6 = layer(channels, wide, 7, True)
        self.classifier = nn.Conv2d(scaled(64, width), outputs, 1)

    def middle(self, x):
        return self.back6(self.fc7(self.fc6(x)))


class Act(nn.Module):
    """Convolution, batch norm and activation."""

    def __init__(self, conv, act):
        super().__init__()
        self.conv, self.norm, self.act = conv, nn.BatchNorm2d(conv.out_channels), act(conv.out_channels)

    def forward(self, x):
        return self.act(self.norm(self.conv(x)))


class Bottleneck(nn.Module):
    def __init__(self, inputs, outputs, act=nn.PReLU, dilation=1, asymmetric=False, down=False, up=False):
        super().__init__()
        part = outputs // 4
        self.narrow = Act(nn.Conv2d(inputs, part, 2 if down else 1, 2 if down else 1, bias=False), act)
        if asymmetric:
            self.column = nn.Conv2d(part, part, (5, 1), 1, (2, 0), bias=False)
            self.filtered = Act(nn.Conv2d(part, part, (1, 5), 1, (0, 2), bias=False), act)
        elif up:
            self.filtered = Act(nn.ConvTranspose2d(part, part, 3, 2, 1, 1, bias=False), act)
        else:
            self.filtered = Act(nn.Conv2d(part, part, 3, 1, dilation, dilation, bias=False), act)
        self.wide = Act(nn.Conv2d(part, outputs, 1, bias=False), lambda _: nn.Identity())
        if up:
            self.main = Act(nn.Conv2d(inputs, outputs, 1, bias=False), lambda _: nn.Identity())
        self.act = act(outputs)
        self.down, self.up, self.asymmetric, self.more = down, up, asymmetric, outputs - inputs

    def forward(self, x, places=None):
        main = x
        if self.down:
            main, places = F.max_pool2d(x, 2, 2, return_indices=True)
            main = F.pad(main, [0, 0, 0, 0, 0, self.more])
        if self.up:
            main = F.max_unpool2d(self.main(x), places, 2, 2)
        y = self.narrow(x)
        y = self.wide(self.filtered(self.column(y) if self.asymmetric else y))
        y = self.act(main + y)
        return (y, places) if self.down else y


class ENet(nn.Module):
    def __init__(self, outputs, channels=16):
        super().__init__()
        relu = lambda _: nn.ReLU()
        self.initial = nn.Module()
        self.initial.conv = nn.Conv2d(3, channels - 3, 3, 2, 1, bias=False)
        self.initial.norm, self.initial.act = nn.BatchNorm2d(channels), nn.PReLU(channels)
        one, two = 4 * channels, 8 * channels
        self.section1 = nn.Sequential(Bottleneck(channels, one, down=True), *(Bottleneck(one, one) for _ in range(4)))
        steps = [{}, {"dilation": 2}, {"asymmetric": True}, {"dilation": 4}, {}, {"dilation": 8}, {"asymmetric": True}, {"dilation": 16}]
        self.section2 = nn.Sequential(Bottleneck(one, two, down=True), *(Bottleneck(two, two, **step) for step in steps))
        self.section3 = nn.Sequential(nn.Identity(), *(Bottleneck(two, two, **step) for step in steps))
        self.section4 = nn.Sequential(Bottleneck(two, one, relu, up=True), *(Bottleneck(one, one, relu) for _ in range(2)))
        self.section5 = nn.Sequential(Bottleneck(one, channels, relu, up=True), Bottleneck(channels, channels, relu))
        self.classifier = nn.ConvTranspose2d(channels, outputs, 3, 2, 1, 1, bias=False)

    def forward(self, x):
        start = self.initial
        x = start.act(start.norm(torch.cat([start.conv(x), F.max_pool2d(x, 3, 2, 1)], 1)))
        x, first = self.section1[0](x)
        x, second = self.section2[0](self.section1[1:](x))
        x = self.section3(self.section2[1:](x))
        x = self.section4[1:](self.section4[0](x, second))
        return self.classifier(self.section5[1:](self.section5[0](x, first)))


class Attention(nn.Module):
    """Queries of all pixels, keys and values of those of `small`, by heads."""

    def __init__(self, channels, heads):
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(channels, channels) for _ in range(4))
        self.heads = heads

    def attend(self, x, small):
        split = lambda y: y.unflatten(2, (self.heads, -1)).transpose(1, 2)
        q, k, v = split(self.query(x)), split(self.key(small)), split(self.value(small))
        weights = torch.softmax(q @ k.transpose(2, 3) / q.shape[3] ** 0.5, 3)
        return self.out((weights @ v).transpose(1, 2).flatten(2))


class Mixing(Attention):
    """A block: attention, and a wide layer."""

    def __init__(self, channels, heads):
        super().__init__(channels, heads)
        self.norm1, self.norm2 = (nn.LayerNorm(channels, 1e-6) for _ in range(2))
        self.wide, self.narrow = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)

    def forward(self, x):
        n, channels, height, width = x.shape
        normed = self.norm1(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        x = x + self.attention(normed)
        rows = x.flatten(2).transpose(1, 2)
        rows = rows + self.narrow(F.gelu(self.wide(self.norm2(rows))))
        return rows.transpose(1, 2).view(n, channels, height, width)


class GroupBlock(Mixing):
    def __init__(self, channels, heads, side):
        super().__init__(channels, heads)
        self.side = side

    def attention(self, x):
        result = torch.zeros_like(x)
        height, width = (size // self.side for size in x.shape[2:])
        for row in range(self.side):
            for column in range(self.side):
                part = slice(row * height, (row + 1) * height), slice(column * width, (column + 1) * width)
                own = x[(..., *part)].flatten(2).transpose(1, 2)
                result[(..., *part)] = self.attend(own, own).transpose(1, 2).unflatten(2, (height, width))
        return result


class PyramidBlock(Mixing):
    def __init__(self, channels):
        super().__init__(channels, 4)
        self.small, self.small_norm = nn.Conv2d(channels, channels, 3, 2, 1), nn.LayerNorm(channels, 1e-6)

    def attention(self, x):
        small = self.small_norm(self.small(x).flatten(2).transpose(1, 2))
        return self.attend(x.flatten(2).transpose(1, 2), small).transpose(1, 2).view_as(x)


class Pgt(nn.Module):
    def __init__(self, width=1):
        super().__init__()
        self.stages = nn.ModuleList()
        before = 3
        for i, (channels, blocks, heads, side) in enumerate([(64, 2, 2, 8), (128, 2, 4, 4), (256, 6, 8, 2), (512, 2, 16, 1)]):
            wide = heads * scaled(channels / heads, width)
            stage = nn.Module()
            stage.patches = nn.Conv2d(before, wide, *((7, 4, 3) if i == 0 else (3, 2, 1)))
            stage.norm = nn.LayerNorm(wide, 1e-6)
            stage.blocks = nn.Sequential(*(GroupBlock(wide, heads, side) for _ in range(blocks)))
            self.stages.append(stage)
            before = wide

    def forward(self, x):
        levels = []
        for stage in self.stages:
            x = stage.norm(stage.patches(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
            x = stage.blocks(x)
            levels.append(x)
        return levels


class Ftn(nn.Module):
    def __init__(self, outputs, width=1, channels=256):
        super().__init__()
        self.backbone = Pgt(width)
        self.decode_head = nn.Module()
        self.decode_head.branches = nn.ModuleList()
        for i, stage in enumerate(self.backbone.stages):
            branch = nn.Module()
            branch.reduce = nn.Linear(stage.patches.out_channels, channels)
            branch.blocks = nn.ModuleList(PyramidBlock(channels) for _ in range(i))
            self.decode_head.branches.append(branch)
        self.decode_head.conv_seg = nn.Conv2d(channels, outputs, 1)

    def forward(self, x):
        total = 0
        for level, branch in zip(self.backbone(x), self.decode_head.branches):
            x = branch.reduce(level.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
            for block in branch.blocks:
                x = F.interpolate(block(x), scale_factor=2, mode="bilinear", align_corners=False)
            total = total + x
        return self.decode_head.conv_seg(total)


VGG = {"deeplabv1": DeepLab, "dilated-context": DilatedContext, "parsenet": ParseNet, "denseaspp": DenseAspp, "ocnet": OcNet, "strippooling": StripPooling, "graphfcn": GraphFcn}


def of(name):
    return {"ftn-pgt": Ftn, "segnet": SegNet, "deconvnet": DeconvNet, "enet": ENet}.get(name) or VGG[name.removesuffix("-vgg16")]


def oracle(name):
    return f"{OURS}, {version('torchvision')}" if name.endswith("vgg16") else OURS


def whole(name, size=(64, 64), **options):
    return evaluated(name, options, 19, list(size), lambda: of(name)(19, **options), oracle(name))


def small(name, size=(32, 40), batch=3, damped="", **options):
    return trained(name, options, 5, list(size), lambda: of(name)(5, **options), oracle(name), batch, damped=damped)


FILES = {
    "deeplabv1": lambda: [whole("deeplabv1-vgg16", norm=0), small("deeplabv1-vgg16", width=0.125, norm=0, channels=8)],
    "dilated-context": lambda: [whole("dilated-context-vgg16", norm=0), small("dilated-context-vgg16", width=0.125)],
    "parsenet": lambda: [whole("parsenet-vgg16", norm=0), small("parsenet-vgg16", width=0.125, stride=16, size=(48, 64))],
    "denseaspp": lambda: [whole("denseaspp-vgg16"), small("denseaspp-vgg16", width=0.125, inner=8, growth=4)],
    "ocnet": lambda: [whole("ocnet-vgg16", norm=0), small("ocnet-vgg16", size=(32, 32), width=0.125, channels=8)],
    "strippooling": lambda: [whole("strippooling-vgg16"), small("strippooling-vgg16", size=(32, 32), width=0.125)],
    "graphfcn": lambda: [whole("graphfcn-vgg16", norm=0), small("graphfcn-vgg16", size=(32, 40), width=0.125, channels=8)],
    "ftn": lambda: [whole("ftn-pgt"), small("ftn-pgt", size=(32, 64), width=0.125, channels=8)],
    "segnet": lambda: [whole("segnet"), small("segnet", size=(32, 64), width=0.125)],
    "deconvnet": lambda: [whole("deconvnet", channels=512), small("deconvnet", size=(32, 64), batch=6, damped=".1.bias", width=0.125, channels=8)],
    "enet": lambda: [whole("enet"), small("enet", size=(32, 48), channels=8)],
}

if __name__ == "__main__":
    for name, cases in FILES.items():
        if wanted(name):
            write(name, cases())
