"""What the oracles of networks share that come from public packages: noise as weights, and a case of the golden files.

Needs PyTorch, torchvision, timm, segmentation-models-pytorch, mmengine, mmcv-lite 2.1.0 and mmsegmentation 1.2.2 from
PyPI, the last six without their dependencies (pip install --no-deps) and then what they import.
All is computed in float64. Weights are not stored: both sides make them from the names in the state dict.
"""
import importlib.metadata
import importlib.util
import json
import pathlib
import sys
import types

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from noise import noise

GOLDEN = pathlib.Path(__file__).parent.parent / "conformance" / "golden"
OURS = "own PyTorch"


def prepare_packages():
    """mmsegmentation imports compiled operators that mmcv-lite has not, torchvision declares two that are not there on a CPU."""
    library = torch.library.Library("torchvision", "DEF")
    try:
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except RuntimeError:
        pass
    operators = types.ModuleType("mmcv.ops")

    def missing(name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (nn.Module,), {})

    operators.__getattr__ = missing
    operators.__path__ = []
    sys.modules["mmcv.ops"] = operators
    return library


def mmcv_operator(name):
    """A module of mmcv.ops that is written in PyTorch alone, which mmcv-lite has too."""
    folder = pathlib.Path(importlib.util.find_spec("mmcv").origin).parent / "ops"
    spec = importlib.util.spec_from_file_location(f"mmcv_{name}", folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LIBRARY = prepare_packages()


def version(package):
    return f"{package} {importlib.metadata.version(package)}"


def set_weights(model, damped=""):
    """
    As weightsOf() of test/conformance/networks-check.ts: a function of each array's name and shape. The scales whose name
    ends with `damped`, those at the ends of residual blocks, are a fifth, and offsets whose name ends so are larger by 1: in
    a deep network rounding grows from block to block, less so where a block adds little or ReLU cuts off little.
    """
    state = model.state_dict()
    for name, array in state.items():
        if not array.is_floating_point():
            continue
        values = noise(array.shape, sum(ord(letter) for letter in name))
        if array.dim() >= 2:
            values = values * 1.5 / (array[0].numel()) ** 0.5
        elif name.endswith("running_var"):
            values = 1 + 0.5 * values
        elif name.endswith("running_mean") or name.endswith("bias"):
            values = 0.2 * values + (1 if damped and name.endswith(damped) else 0)
        else:  # batch norm's scale, PReLU's slope
            values = (0.6 + 0.4 * values) * (0.2 if damped and name.endswith(damped) else 1)
        state[name] = values.float().double()
    model.load_state_dict(state)


def rounded(value):
    return float(f"{value:.7g}")


def summary(array, seed):
    """Of NCHW logits as NHWC: the norm, the products with two noise arrays, and 256 values evenly apart."""
    flat = array.detach().permute(0, 2, 3, 1).flatten()
    samples = flat[torch.arange(min(256, flat.numel())) * flat.numel() // min(256, flat.numel())]
    return {
        "norm": rounded(flat.norm()),
        "products": [rounded(flat @ noise(flat.shape, seed + i)) for i in range(2)],
        "size": flat.numel(),
        "samples": [rounded(value) for value in samples],
    }


def gradient(array, seed):
    """Norm, and product with a noise array."""
    flat = array.flatten()
    return [rounded(flat.norm()), rounded(flat @ noise(flat.shape, seed))]


def statistic(array, seed):
    flat = array.detach().flatten()
    return {"norm": rounded(flat.norm()), "products": [rounded(flat @ noise(flat.shape, seed + i)) for i in range(2)]}


def others(model):
    """Running values, and parameters that are not trained."""
    fixed = [(n, p) for n, p in model.named_parameters() if not p.requires_grad]
    return [*((n, b) for n, b in model.named_buffers() if b.is_floating_point()), *fixed]


def picture(size, batch, seed):
    return noise([batch, *size, 3], seed).permute(0, 3, 1, 2) * 2


class Margin(TorchDispatchMode):
    """How near the values that reach an activation lie to its bend at most, and the largest two of a window to each other."""

    def __init__(self):
        super().__init__()
        self.margin = float("inf")

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        with torch.no_grad():
            if name in ("relu", "relu_", "leaky_relu", "leaky_relu_", "_prelu_kernel"):
                self.note(args[0].abs())
            elif name in ("hardtanh", "hardtanh_"):
                for bend in args[1:3]:
                    self.note((args[0] - bend).abs())
            elif name in ("hardswish", "hardswish_", "hardsigmoid", "hardsigmoid_"):
                for bend in (-3, 3):
                    self.note((args[0] - bend).abs())
            elif name == "max_pool2d_with_indices":
                self.note(gaps(*args[:4]))
        return function(*args, **(kwargs or {}))

    def note(self, values):
        # What is exactly there, as a sum of two ReLUs may be, is so on both sides.
        values = values[values > 0]
        if values.numel():
            self.margin = min(self.margin, float(values.min()))


def gaps(x, kernel, stride=None, padding=(0,)):
    both = lambda pair: list(pair) * 2 if len(pair) == 1 else list(pair)
    kernel, stride, padding = both(kernel), both(stride or kernel), both(padding)
    padded = F.pad(x, [padding[1], padding[1], padding[0], padding[0]], value=-1e9)
    windows = padded.unfold(2, kernel[0], stride[0]).unfold(3, kernel[1], stride[1]).flatten(4)
    top = windows.topk(2, -1).values
    found = top[..., 0] - top[..., 1]
    return found[found > 0]


def named(answer):
    """What a module gives, by node: its logits alone, or those and its auxiliary outputs."""
    return answer if isinstance(answer, dict) else {"logits": answer}


def evaluated(network, options, outputs, size, build, oracle, batch=1, seed=7, damped=""):
    """
    A case of a forward pass in evaluation alone; `build` gives a module whose answer is the logits, or a dictionary of
    them and its auxiliary outputs, by the names of our nodes.
    """
    model = build().double()
    set_weights(model, damped)
    model.eval()
    x = picture(size, batch, seed)
    with torch.no_grad():
        given = named(model(x))
        with FlopCounterMode(display=False) as counter:
            model(x[:1])
    parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
    print(f"{network} {options}: {parameters} parameters, {counter.get_total_flops() // 2} MACs at {size}, |y| {float(given['logits'].norm()):.3g}")
    return {
        "network": network,
        "options": options,
        "outputs": outputs,
        "size": size,
        "batch": batch,
        "seed": seed,
        **({"damped": damped} if damped else {}),
        **({"auxiliary": True} if len(given) > 1 else {}),
        "oracle": oracle,
        "parameters": parameters,
        "macs": counter.get_total_flops() // 2,
        "evaluated": {name: summary(y, 11) for name, y in given.items()},
    }


def trained(network, options, outputs, size, build, oracle, batch=3, seeds=60, damped="", statistics=False):
    """
    The same, and one forward and backward pass in training, of pictures for which no activation lies so near to its bend,
    and no two values in a window so near to each other, that rounding could decide: one value on the other side of zero
    changes gradients by more than is allowed. With `statistics` also what a training pass makes of all that is not trained.
    Batch norm of a single bin sees as many values as there are pictures.
    """
    model = build().double()
    set_weights(model, damped)
    model.train()
    state = {name: array.clone() for name, array in model.state_dict().items()}
    found = []
    for seed in range(seeds):
        with Margin() as margin, torch.no_grad():
            model(picture(size, batch, seed))
        model.load_state_dict(state)
        found.append((margin.margin, seed))
    margin, seed = max(found)
    print(f"{network} {options}: nearest value {margin:.1e} at seed {seed}")
    given = named(model(picture(size, batch, seed)))
    rows = [y.permute(0, 2, 3, 1) for y in given.values()]
    sum((y * noise(y.shape, 20 + i)).sum() for i, y in enumerate(rows)).backward()
    return {
        **evaluated(network, options, outputs, size, build, oracle, batch, seed, damped),
        "trained": {name: summary(y, 11) for name, y in given.items()},
        "gradients": {n: gradient(p.grad, 31) for n, p in model.named_parameters() if p.requires_grad},
        **({"statistics": {n: statistic(x, 41) for n, x in others(model)}} if statistics else {}),
    }


def write(name, cases):
    target = GOLDEN / f"networks-{name}.json"
    target.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
    print(f"{target.name}: {target.stat().st_size} bytes")


def wanted(name):
    """Whether the golden file of this name is to be made: all, or those that the command line names."""
    return len(sys.argv) == 1 or name in sys.argv[1:]
