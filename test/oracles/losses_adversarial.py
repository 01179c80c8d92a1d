"""Golden values of SKD's holistic part, written from the equations in the method's file: a discriminator by PyTorch's own
layers and spectral norm, and the gradient penalty by differentiating twice.
Writes test/conformance/golden/losses-adversarial.json; how to run it: loss_cases.py.
"""
import torch
import torch.nn.functional as F

from loss_cases import drawn, logits, own, write


def normalised(a, name):
    """As torch.nn.utils.spectral_norm with one power iteration."""
    weight = a[f"own.{name}.weight"].permute(3, 2, 0, 1)
    rows = weight.flatten(1)
    # The order of the rows' entries does not matter: u has one for each output.
    with torch.no_grad():
        v = F.normalize(rows.T @ a[f"own.{name}.u"], dim=0, eps=1e-12)
        u = F.normalize(rows @ v, dim=0, eps=1e-12)
    return weight / torch.dot(u, rows @ v)


def attended(x, a, name):
    parts = {part: F.conv2d(x, a[f"own.{name}.{part}.weight"].T[:, :, None, None], a[f"own.{name}.{part}.bias"]).flatten(2)
             for part in ("query", "key", "value")}
    weights = torch.softmax(parts["query"].transpose(1, 2) @ parts["key"], dim=-1)
    seen = (parts["value"] @ weights.transpose(1, 2)).reshape(x.shape)
    return a[f"own.{name}.gamma"] * seen + x


def scores(x, a):
    x = F.batch_norm(x, None, None, a["own.norm.gamma"], a["own.norm.beta"], training=True)
    layer = 0
    while f"own.layer{layer}.weight" in a:
        x = F.conv2d(x, normalised(a, f"layer{layer}"), a[f"own.layer{layer}.bias"], stride=2, padding=1)
        x = F.leaky_relu(x, 0.1)
        if f"own.attention{layer}.gamma" in a:
            x = attended(x, a, f"attention{layer}")
        layer += 1
    return F.conv2d(x, a["own.last.weight"].permute(3, 2, 0, 1), a["own.last.bias"]).mean((1, 2, 3))


def maps(a):
    s, t = a["student.logits"], a["teacher.logits"]
    if "image" not in a:
        return s, t[:, :s.shape[1]], lambda x: x
    image, size = a["image"], s.shape[2:]
    kernel = round(image.shape[2] / size[0])
    pooled = F.avg_pool2d(image, kernel, kernel, ceil_mode=True)
    if pooled.shape[2:] != size:
        pooled = F.interpolate(image, size=size, mode="bilinear", align_corners=False)
    return s, t[:, :s.shape[1]], lambda x: torch.cat([x, pooled], 1)


def holistic(a, p):
    s, _, judged = maps(a)
    return -scores(judged(s), a).mean()


def discriminator(a, p):
    s, t, judged = maps(a)
    s = s.detach()
    of_student, of_teacher = scores(judged(s), a), scores(judged(t), a)
    if p.get("adversary") == "hinge":
        return F.relu(1 - of_teacher).mean() + F.relu(1 + of_student).mean()
    share = torch.tensor([drawn(n) for n in range(len(s))], dtype=torch.float64)[:, None, None, None]
    between = (share * t + (1 - share) * s).requires_grad_(True)
    (slope,) = torch.autograd.grad(scores(judged(between), a).sum(), between, create_graph=True)
    penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
    return of_student.mean() - of_teacher.mean() + p.get("penalty", 10) * penalty


def arrays_of(channels, count, width):
    arrays = own("norm.gamma", (channels,), 101, 1.0, "ownLoss") | own("norm.beta", (channels,), 102, 0.5, "ownLoss")
    before = channels
    for i in range(count):
        after = width * 2 ** i
        arrays |= own(f"layer{i}.weight", (4, 4, before, after), 110 + 10 * i, 0.4, "ownLoss")
        arrays |= own(f"layer{i}.bias", (after,), 111 + 10 * i, 0.3, "ownLoss")
        arrays |= own(f"layer{i}.u", (after,), 112 + 10 * i, 1.0, "none")
        if i >= count - 2:
            for k, (part, outputs) in enumerate((("query", max(1, after // 8)), ("key", max(1, after // 8)), ("value", after))):
                arrays |= own(f"attention{i}.{part}.weight", (after, outputs), 113 + 10 * i + 2 * k, 0.6, "ownLoss")
                arrays |= own(f"attention{i}.{part}.bias", (outputs,), 114 + 10 * i + 2 * k, 0.3, "ownLoss")
            arrays |= own(f"attention{i}.gamma", (1,), 119 + 10 * i, 0.9, "ownLoss")
        before = after
    arrays |= own("last.weight", (4, 4, before, 1), 180, 0.4, "ownLoss") | own("last.bias", (1,), 181, 0.3, "ownLoss")
    return arrays


def cases():
    shapes = {"batch of 1, one halving": ((1, 3, 9, 12), 3, 1), "odd sizes, two halvings": ((2, 5, 23, 31), 6, 2),
              "batch of 3, three halvings": ((3, 4, 34, 33), 5, 3), "four halvings": ((2, 3, 64, 65), 3, 4)}
    for title, (shape, outputs, count) in shapes.items():
        batch, classes, height, width = shape
        both = logits(shape, outputs)
        wide = {"width": 8}
        image = {"image": {"shape": [batch, 3, 4 * height, 4 * width], "seed": 3, "scale": 2.0}}
        with_image = {**both, **image, **arrays_of(classes + 3, count, 8)}
        alone = {**both, **arrays_of(classes, count, 8)}
        yield f"{title}, with the image", "skd.holistic", wide, with_image
        yield f"{title}, alone", "skd.holistic", {**wide, "condition": "none"}, alone
        yield f"{title}, hinge", "skd.holistic", {**wide, "adversary": "hinge"}, with_image
    shape, outputs, count = shapes["odd sizes, two halvings"]
    resized = {"image": {"shape": [2, 3, 50, 71], "seed": 3, "scale": 2.0}}
    yield ("an image of another size, label map's size, penalty 0.5", "skd.holistic", {"size": "label", "penalty": 0.5, "width": 4},
           {**logits(shape, outputs), **resized, **arrays_of(8, 2, 4)})
    yield ("no penalty", "skd.holistic", {"penalty": 0, "width": 4, "condition": "none"},
           {**logits(shape, outputs), **arrays_of(5, 2, 4)})


if __name__ == "__main__":
    write("adversarial", {"skd.holistic": holistic}, cases(), [], {"skd.holistic": discriminator})
