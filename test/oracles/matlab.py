"""MATLAB files as SBD has them, written by SciPy: golden values for the reader of their arrays.

    python test/oracles/matlab.py

Writes test/unit/datasets/golden/matlab.json: files with the struct GTcls or GTinst (packed and unpacked, of several types,
among fields and variables of other kinds, as cells and sparse matrices), each with the array that SciPy reads back from it.
"""

import base64
import io
import json
from pathlib import Path

import numpy as np
from scipy.io import loadmat, savemat
from scipy.sparse import csc_matrix

GOLDEN = Path(__file__).resolve().parent.parent / "unit" / "datasets" / "golden" / "matlab.json"


def struct(array: np.ndarray, categories: list[int]) -> dict:
    boundaries = np.empty((len(categories), 1), object)
    for i, category in enumerate(categories):
        boundaries[i, 0] = csc_matrix((array == category).astype(float))
    return {"Boundaries": boundaries, "Segmentation": array, "Categories": np.array(categories, np.uint8).reshape(-1, 1)}


def file(content: dict, name: str, packed: bool) -> dict:
    out = io.BytesIO()
    savemat(out, content, do_compression=packed)
    out.seek(0)
    array = loadmat(out)[name]["Segmentation"][0, 0]
    # The text that a file begins with has the time in it.
    stored = b"MATLAB 5.0 MAT-file, written by SciPy".ljust(116) + out.getvalue()[116:]
    return {
        "file": base64.b64encode(stored).decode(),
        "variable": name,
        "width": array.shape[1],
        "height": array.shape[0],
        "values": array.astype(int).ravel().tolist(),
    }


def main() -> None:
    rng = np.random.default_rng(3)
    classes = rng.integers(0, 21, (7, 11), dtype=np.uint8)
    classes[2, 3:6] = 255
    files = {}
    for packed in (True, False):
        word = "packed" if packed else "plain"
        files[f"classes, {word}"] = file({"GTcls": struct(classes, [1, 5])}, "GTcls", packed)
        wide = rng.integers(0, 65536, (5, 4), dtype=np.uint16)
        others = {"text": "SBD", "cells": np.array([[1, "x"]], object), "few": np.uint8([[1, 2]])}
        files[f"16 bits behind other variables, {word}"] = file({**others, "GTinst": struct(wide, [3])}, "GTinst", packed)
        for kind in (np.int32, np.float32, np.float64):
            files[f"{np.dtype(kind).name}, {word}"] = file({"GTcls": struct(classes.astype(kind), [])}, "GTcls", packed)
        files[f"one pixel, {word}"] = file({"GTcls": struct(np.uint8([[9]]), [])}, "GTcls", packed)
        files[f"four pixels, {word}"] = file({"GTcls": struct(np.uint8([[1, 2, 3, 4]]), [])}, "GTcls", packed)
    # A data set of images whose halves are two classes (test/unit/datasets/small-maps.ts).
    halves = np.repeat(np.uint8([[1, 2]]), 32, 1).repeat(48, 0)
    files["halves, classes"] = file({"GTcls": struct(halves, [1, 2])}, "GTcls", True)
    files["halves, objects"] = file({"GTinst": struct(halves, [1, 2])}, "GTinst", True)
    GOLDEN.write_text(json.dumps(files) + "\n")


main()
