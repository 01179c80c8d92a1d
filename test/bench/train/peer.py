"""PyTorch's side of the bench: answers requests of side.ts, one line of JSON each, until its input ends.

Networks are those of test/oracles; weights and batch are the ones that our side starts from as well, so that the first
loss (or the norm of the logits) shows whether both compute the same.
"""
import json
import pathlib
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.fx.experimental.optimization import fuse
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "oracles"))

# STUDENT_PREPROCESSING of src-main/training/normalise.ts
MEAN = torch.tensor([123.675, 116.28, 103.53]).view(1, 3, 1, 1)
STD = torch.tensor([58.395, 57.12, 57.375]).view(1, 3, 1, 1)
FORMATS = {"channels last": torch.channels_last, "contiguous": torch.contiguous_format}


def network(name, outputs):
    """The case's network, at the options that networks.ts names."""
    if name == "espnet":
        from networks import EspNet

        return EspNet(outputs, 2, 8, 1)
    import networks_mmseg

    written = {"pspnet-r18": "PspNet", "deeplabv3-mobilenetv2": "DeepLabV3", "bisenetv2": "BiSeNetV2"}[name]
    if not hasattr(networks_mmseg, written):
        raise LookupError(f"test/oracles has no {name} yet.")
    return getattr(networks_mmseg, written)(outputs)


class Logits(nn.Module):
    """A network that answers with its logits alone."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        y = self.inner(x)
        return y["logits"] if isinstance(y, dict) else y


def loaded(case, folder):
    """The case's network with the given weights; every array must be there, and no other."""
    model = network(case["name"], case["outputs"])
    index = json.loads((folder / "weights.json").read_text())
    values = np.fromfile(folder / "weights.bin", dtype=np.float32)
    state, at = {}, 0
    for array in index:
        size = int(np.prod(array["shape"]))
        state[array["name"]] = torch.from_numpy(values[at : at + size].reshape(array["shape"]).copy())
        at += size
    for name, value in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            state[name] = value
    model.load_state_dict(state)
    return Logits(model)


def pictures(case, folder, memory_format):
    height, width = case["size"]
    bytes_ = torch.from_numpy(np.fromfile(folder / "image.bin", dtype=np.uint8).reshape(case["batch"], height, width, 3))
    # A batch of NHWC bytes seen as NCHW is already channels last.
    return bytes_.permute(0, 3, 1, 2).contiguous(memory_format=memory_format)


def normalised(x):
    return (x.float() - MEAN.to(x.device)) / STD.to(x.device)


def device_for(request):
    """Where to compute: on the card where our side does."""
    if not request.get("cuda"):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise RuntimeError("This PyTorch finds no NVIDIA card, on which our side computes.")
    return torch.device("cuda")


def finish(device):
    """A card computes on when its ops have been called."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def open_step(case, folder, device, formats):
    height, width = case["size"]
    labels = np.fromfile(folder / "labels.bin", dtype=np.int32).reshape(case["batch"], height, width)
    labels = torch.from_numpy(labels).long()
    works, first = {}, None
    for name in formats:
        memory_format = FORMATS[name]
        model = loaded(case, folder).to(device, memory_format=memory_format).train()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
        images = pictures(case, folder, memory_format)

        def step(model=model, optimizer=optimizer, images=images):
            optimizer.zero_grad(set_to_none=True)
            # Bytes and labels come from the processor's memory in each step, as ours do.
            logits, wanted = model(normalised(images.to(device))), labels.to(device)
            if logits.shape[2:] != labels.shape[1:]:
                logits = F.interpolate(logits, size=labels.shape[1:], mode="bilinear", align_corners=False)
            loss = F.cross_entropy(logits, wanted, ignore_index=255)
            loss.backward()
            optimizer.step()
            finish(device)
            return loss.item()

        works[name] = step
        loss = step()
        first = loss if first is None else first
    return works, first, count(model), []


def count(model):
    return sum(p.numel() for p in model.parameters())


def frozen(model, x):
    return torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, x, check_trace=False)))


WAYS = {"folded": lambda model, x: fuse(model), "frozen": frozen}


@torch.inference_mode()
def open_inference(case, folder, device):
    works, first, notes = {}, None, []
    for name, memory_format in FORMATS.items():
        model = loaded(case, folder).to(device, memory_format=memory_format).eval()
        x = normalised(pictures(case, folder, memory_format).to(device)).contiguous(memory_format=memory_format)
        if first is None:
            first = float(model(x).double().norm())
        for way, make in WAYS.items():
            try:
                with torch.no_grad():
                    forward = make(model, x)
                    for _ in range(2):  # The first calls of a frozen network are when it is compiled.
                        forward(x)
                works[f"{way}, {name}"] = inference(forward, x)
            except Exception as error:
                notes.append(f"PyTorch does not run it {way}, {name}: {words(error)}")
        if not any(work.endswith(name) for work in works):
            works[f"plain, {name}"] = inference(model, x)
    return works, first, count(model), notes


def inference(model, x):
    @torch.inference_mode()
    def forward():
        y = model(x)
        finish(x.device)
        return y

    return forward


class Bins(nn.Module):
    """AdaptiveAvgPool2d as two matrix products: ONNX has no bins that overlap or differ in size."""

    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x):
        return self.means(x.shape[2]) @ x @ self.means(x.shape[3]).T

    def means(self, size):
        matrix = torch.zeros(self.size, int(size))
        for i in range(self.size):
            start, end = i * size // self.size, -(-(i + 1) * size // self.size)
            matrix[i, start:end] = 1 / (end - start)
        return matrix


def exportable(model):
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.AdaptiveAvgPool2d) and child.output_size != 1:
                setattr(module, name, Bins(child.output_size))
    return model


def export(case, folder):
    """Writes model.onnx and input.bin for ONNX Runtime."""
    model = exportable(loaded(case, folder)).eval()
    x = normalised(pictures(case, folder, torch.contiguous_format)).contiguous()
    torch.onnx.export(model, x, str(folder / "model.onnx"), dynamo=False, opset_version=17)
    x.numpy().tofile(folder / "input.bin")
    return {"shape": list(x.shape)}


def peak():
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("This system does not say how much memory a process has held.")


def words(error):
    lines = [line for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[-1] if lines else ''}"[:200]


def timed(work, steps):
    seconds = []
    for _ in range(steps):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return seconds


def main():
    works = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "open":
                torch.set_num_threads(request["threads"])
                folder, device = pathlib.Path(request["folder"]), device_for(request)
                if request["kind"] == "step":
                    formats = request.get("formats", list(FORMATS))
                    works, value, parameters, notes = open_step(request["case"], folder, device, formats)
                else:
                    works, value, parameters, notes = open_inference(request["case"], folder, device)
                name = f"PyTorch {torch.__version__.split('+')[0]}{' (CUDA)' if device.type == 'cuda' else ''}"
                result = {"name": name, "variants": list(works), "parameters": parameters, "value": value}
                result["notes"] = notes
            elif request["do"] == "run":
                result = timed(works[request["variant"]], request["steps"])
            elif request["do"] == "export":
                result = export(request["case"], pathlib.Path(request["folder"]))
            else:
                result = peak()
            answer = {"result": result}
        except Exception as error:  # Whatever it is, the bench says it and goes on without this peer.
            answer = {"error": words(error)}
        print("> " + json.dumps(answer), flush=True)


main()
