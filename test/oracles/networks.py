"""Golden values of ESPNet and ESPNet-C, by a PyTorch writing of ours in float64. Writes test/conformance/golden/networks.json.

Run again with any Python that has PyTorch: python test/oracles/networks.py
Weights are not stored: both sides make them from the names in the state dict with `noise`.
Of large arrays the L2 norm and the products with two noise arrays are stored, which two arrays share by chance only.
"""
import json
import pathlib

import torch
from torch import nn
from torch.nn import functional as F

from noise import noise

EPSILON = 1e-3


class Conv(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1, dilation=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, dilation * (kernel // 2), dilation, bias=False)

    def forward(self, x):
        return self.conv(x)


class NormAct(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.bn = nn.BatchNorm2d(channels, eps=EPSILON)
        self.act = nn.PReLU(channels)

    def forward(self, x):
        return self.act(self.bn(x))


class ConvNormAct(NormAct):
    def __init__(self, inputs, outputs, stride=1):
        super().__init__(outputs)
        self.conv = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)

    def forward(self, x):
        return super().forward(self.conv(x))


class Pyramid(nn.Module):
    """The spatial pyramid of an ESP module: reduce, five dilations, running sums."""

    def __init__(self, inputs, outputs, down=False):
        super().__init__()
        part = outputs // 5
        self.c1 = Conv(inputs, part, 3, 2) if down else Conv(inputs, part, 1)
        self.d1 = Conv(part, outputs - 4 * part, 3)
        self.d2, self.d4, self.d8, self.d16 = (Conv(part, part, 3, dilation=d) for d in (2, 4, 8, 16))

    def pyramid(self, x):
        reduced = self.c1(x)
        sums = [self.d2(reduced)]
        for dilated in (self.d4, self.d8, self.d16):
            sums.append(sums[-1] + dilated(reduced))
        return torch.cat([self.d1(reduced), *sums], 1)


class Down(Pyramid):
    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs, down=True)
        self.bn = nn.BatchNorm2d(outputs, eps=EPSILON)
        self.act = nn.PReLU(outputs)

    def forward(self, x):
        return self.act(self.bn(self.pyramid(x)))


class Esp(Pyramid):
    def __init__(self, inputs, outputs, residual=True):
        super().__init__(inputs, outputs)
        self.bn = NormAct(outputs)
        self.residual = residual

    def forward(self, x):
        y = self.pyramid(x)
        return self.bn(x + y if self.residual else y)


class Encoder(nn.Module):
    def __init__(self, outputs, p, q, width=1):
        super().__init__()
        narrow, middle, wide = (round(c * width) for c in (16, 64, 128))
        self.level1 = ConvNormAct(3, narrow, 2)
        self.b1 = NormAct(narrow + 3)
        self.level2_0 = Down(narrow + 3, middle)
        self.level2 = nn.ModuleList(Esp(middle, middle) for _ in range(p))
        self.b2 = NormAct(2 * middle + 3)
        self.level3_0 = Down(2 * middle + 3, wide)
        self.level3 = nn.ModuleList(Esp(wide, wide) for _ in range(q))
        self.b3 = NormAct(2 * wide)
        self.classifier = Conv(2 * wide, outputs, 1)

    def levels(self, x):
        half = F.avg_pool2d(x, 3, 2, 1)
        quarter = F.avg_pool2d(half, 3, 2, 1)
        level1 = self.level1(x)
        join1 = self.b1(torch.cat([level1, half], 1))
        first2 = self.level2_0(join1)
        level2 = first2
        for module in self.level2:
            level2 = module(level2)
        join2 = self.b2(torch.cat([level2, first2, quarter], 1))
        first3 = self.level3_0(join2)
        level3 = first3
        for module in self.level3:
            level3 = module(level3)
        join3 = self.b3(torch.cat([first3, level3], 1))
        return {"level1": level1, "join1": join1, "level2": level2, "join2": join2, "level3": level3, "join3": join3}

    def forward(self, x):
        levels = self.levels(x)
        return {**levels, "logits": self.classifier(levels["join3"])}


class EspNet(nn.Module):
    def __init__(self, outputs, p, q, form):
        super().__init__()
        self.encoder = Encoder(outputs, p, q)
        self.form = form
        self.level3_C = Conv(131, outputs, 1)
        self.br = nn.BatchNorm2d(outputs, eps=EPSILON)
        self.conv = ConvNormAct((19 if form else 16) + outputs, outputs)
        self.up_l3 = nn.Sequential(nn.ConvTranspose2d(outputs, outputs, 2, 2, bias=False))
        self.combine_l2_l3 = nn.Sequential(NormAct(2 * outputs), Esp(2 * outputs, outputs, residual=False))
        self.up_l2 = nn.Sequential(nn.ConvTranspose2d(outputs, outputs, 2, 2, bias=False), NormAct(outputs))
        self.classifier = nn.ConvTranspose2d(outputs, outputs, 2, 2, bias=False)

    def forward(self, x):
        levels = self.encoder.levels(x)
        up3 = self.up_l3(self.br(self.encoder.classifier(levels["join3"])))
        up2 = self.up_l2(self.combine_l2_l3(torch.cat([self.level3_C(levels["join2"]), up3], 1)))
        fused = self.conv(torch.cat([up2, levels["join1" if self.form else "level1"]], 1))
        return {**levels, "logits": self.classifier(fused)}


def set_weights(model):
    """As test/conformance/networks-cases.ts does: a function of name and shape."""
    state = model.state_dict()
    for name, array in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        values = noise(array.shape, sum(ord(letter) for letter in name))
        if array.dim() == 4:
            values = values * 1.5 / (array[0].numel()) ** 0.5
        elif name.endswith("running_var"):
            values = 1 + 0.5 * values
        elif name.endswith("running_mean") or name.endswith("bias"):
            values = 0.2 * values
        else:  # batch norm's scale, PReLU's slope
            values = 0.6 + 0.4 * values
        state[name] = values.float().double()
    model.load_state_dict(state)


def summary(array, seed):
    flat = array.detach().flatten()
    products = [float(flat @ noise(flat.shape, seed + i)) for i in range(2)]
    return {"norm": float(flat.norm()), "products": products, "size": flat.numel()}


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def picture(size, batch, seed):
    return noise([batch, *size, 3], seed).permute(0, 3, 1, 2) * 2


def evaluated(network, options, outputs, size, model, batch=2, seed=7):
    """A case of a forward pass in evaluation alone."""
    model = model.double()
    set_weights(model)
    model.eval()
    with torch.no_grad():
        answers = {name: summary(nhwc(y), 11) for name, y in model(picture(size, batch, seed)).items()}
    return {
        "network": network,
        "options": options,
        "outputs": outputs,
        "size": size,
        "batch": batch,
        "seed": seed,
        "parameters": sum(p.numel() for p in model.parameters()),
        "evaluated": answers,
    }


def case(network, options, outputs, size, model, taps=("level1", "level2", "level3"), batch=2, seed=7):
    """A case of a forward pass in evaluation, and of one forward and backward in training."""
    given = evaluated(network, options, outputs, size, model, batch, seed)
    model.train()
    answers = model(picture(size, batch, seed))
    # The loss touches logits and taps alike: Σ dy · y.
    used = ["logits", *taps]
    loss = sum((nhwc(answers[name]) * noise(nhwc(answers[name]).shape, 20 + i)).sum() for i, name in enumerate(used))
    loss.backward()
    return {
        **given,
        "trained": {name: summary(nhwc(answers[name]), 11) for name in used},
        "gradients": {name: summary(p.grad, 31) for name, p in model.named_parameters()},
        "statistics": {n: summary(b, 41) for n, b in model.named_buffers() if "num_batches" not in n},
    }


if __name__ == "__main__":
    cases = [
        case("espnet-c", {"p": 2, "q": 3}, 11, [40, 56], Encoder(11, 2, 3)),
        case("espnet-c", {"p": 1, "q": 1, "width": 0.5}, 4, [48, 32], Encoder(4, 1, 1, 0.5)),
        case("espnet", {"p": 2, "q": 8, "form": 1}, 12, [40, 56], EspNet(12, 2, 8, 1)),
        case("espnet", {"p": 1, "q": 2, "form": 0}, 20, [32, 40], EspNet(20, 1, 2, 0)),
    ]
    target = pathlib.Path(__file__).parent.parent / "conformance" / "golden" / "networks.json"
    target.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
    print(f"{target}: {target.stat().st_size} bytes, {[c['parameters'] for c in cases]}")
