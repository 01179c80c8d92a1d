"""Noise that the tests make in the same way (test/conformance/noise.ts): numbers in [−1, 1) of index and seed."""
import math

import numpy
import torch


def noise(shape, seed):
    count = math.prod(shape)
    wave = numpy.sin(numpy.arange(count, dtype=numpy.float64) * 12.9898 + seed * 78.233) * 43758.5453
    values = ((wave - numpy.floor(wave)) * 2 - 1).astype(numpy.float32).astype(numpy.float64)
    return torch.from_numpy(values).reshape(tuple(shape))
