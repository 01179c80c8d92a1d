"""Makes the small files of weights and arrays that test/unit/weights reads, with what PyTorch and NumPy see in them.

Run with any Python that has torch and numpy: python test/oracles/weights.py
"""

import collections
import json
import pathlib
import pickle
import struct

import numpy as np
import torch

HERE = pathlib.Path(__file__).resolve().parent.parent / "unit" / "weights" / "golden"


def state():
    """Every number type, and the strides that real state dicts have."""
    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 7
    shared = torch.linspace(-1, 1, 12)
    return collections.OrderedDict(
        float32=base,
        float64=base.double() * 1e10,
        float16=torch.tensor([0.0, -0.0, 1.5, -65504.0, 6e-8, 1e-4]).half(),
        bfloat16=torch.tensor([1.0, -3.140625, 1e30, 1e-30]).bfloat16(),
        int64=torch.tensor([-(2**40), 7]),
        int32=torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32),
        int16=torch.tensor([-3, 3], dtype=torch.int16),
        int8=torch.tensor([-128, 127], dtype=torch.int8),
        uint8=torch.tensor([0, 255], dtype=torch.uint8),
        bool=torch.tensor([True, False]),
        scalar=torch.tensor(2.5),
        empty=torch.zeros(0, 3),
        transposed=base.permute(2, 0, 1),
        channels_last=torch.arange(36, dtype=torch.float32).reshape(1, 3, 4, 3).to(memory_format=torch.channels_last),
        head=shared[:4],
        tail=shared[4:].reshape(2, 4)[:, 1::2],
        parameter=torch.nn.Parameter(base[0] + 1),
    )


def net():
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.PReLU(4))


def dump(tensors):
    return {
        name: {
            "shape": list(t.shape),
            "dtype": str(t.dtype).removeprefix("torch."),
            "data": t.detach().float().flatten().tolist(),
        }
        for name, t in tensors.items()
    }


def pickles():
    """One value in every protocol, as hex; JSON says what it is (a tuple and a set are lists there)."""
    shared = ["again"]
    value = {
        "text": "naïve \u2260 \U0001f600 'quoted' \\ \n",
        "numbers": [0, 1, 255, 256, 65536, -1, -(2**31), 2**31, 2**53 - 1, -(2**40), 1.5, -1e300],
        "flags": [True, False, None],
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "many": list(range(300)),
        "long": "x" * 300,
        "shared": [shared, shared],
        "ordered": collections.OrderedDict(a=1, b=2),
    }
    expected = dict(value, tuples=[list(t) for t in value["tuples"]])
    return {"hex": [pickle.dumps(value, protocol=p).hex() for p in range(6)], "value": expected}


def safetensors(path, tensors, metadata):
    """Written from the format's description, not with our own writer."""
    codes = {"float32": "F32", "float64": "F64", "float16": "F16", "int64": "I64", "uint8": "U8"}
    header, body = {"__metadata__": metadata}, b""
    for name, array in tensors.items():
        raw = array.tobytes()
        header[name] = {
            "dtype": codes[str(array.dtype)],
            "shape": list(array.shape),
            "data_offsets": [len(body), len(body) + len(raw)],
        }
        body += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def main():
    HERE.mkdir(parents=True, exist_ok=True)
    tensors = state()
    torch.save(tensors, HERE / "zip.pth")
    torch.save(tensors, HERE / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(tensors, HERE / "protocol4.pth", pickle_protocol=4)
    torch.save(tensors, HERE / "protocol1.pth", pickle_protocol=1, _use_new_zipfile_serialization=False)

    model = net()
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 3, 5, 5)).sum().backward()
    optimizer.step()
    checkpoint = {
        "epoch": 3,
        "best": torch.tensor(0.7),
        "state_dict": {f"module.{name}": value for name, value in model.state_dict().items()},
        "optimizer": optimizer.state_dict(),
        "size": torch.Size([2, 3]),
        "device": torch.device("cpu"),
        "dtype": torch.float32,
        "seen": {1, 2},
    }
    torch.save(checkpoint, HERE / "checkpoint.pth")
    torch.save(model, HERE / "whole-model.pth")

    a = np.arange(6, dtype=np.float32).reshape(2, 3) / 3
    arrays = {
        "student.logits": a,
        "fortran": np.asfortranarray(a),
        "float64": a.astype(np.float64),
        "labels": np.array([[[0, 255], [3, 4]]], dtype=np.int32),
        "int64": np.array([-1, 2**31 - 1]),
        "bool": np.array([True, False]),
        "scalar": np.float32(4),
    }
    np.savez(HERE / "arrays.npz", **arrays)
    np.savez_compressed(HERE / "compressed.npz", **arrays)
    np.save(HERE / "one.npy", a)

    stored = {"b": a, "a": a.astype(np.float16), "c": np.array(7, dtype=np.int64)}
    safetensors(HERE / "outside.safetensors", stored, {"format": "pt"})

    expected = {
        "pickles": pickles(),
        "state": dump(tensors),
        "checkpoint": dump(checkpoint["state_dict"]),
        "arrays": {k: {"shape": list(np.shape(v)), "data": np.ravel(v).astype(float).tolist()} for k, v in arrays.items()},
        "safetensors": {k: {"shape": list(v.shape), "data": v.ravel().astype(float).tolist()} for k, v in stored.items()},
    }
    (HERE / "expected.json").write_text(json.dumps(expected) + "\n")


main()
