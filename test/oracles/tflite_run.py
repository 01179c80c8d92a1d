"""What TensorFlow Lite's interpreter computes by a file.

    python test/oracles/tflite_run.py MODEL PICTURES LOGITS

PICTURES holds pictures of the model's size one after the other as little-endian float32, NHWC; LOGITS is written likewise.

Needs ai-edge-litert, numpy.
"""

import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter


def main(model: str, pictures: str, logits: str) -> None:
    interpreter = Interpreter(model)
    interpreter.allocate_tensors()
    (source,), (target,) = interpreter.get_input_details(), interpreter.get_output_details()
    answers = []
    for picture in np.fromfile(pictures, "<f4").reshape(-1, *source["shape"]):
        interpreter.set_tensor(source["index"], picture)
        interpreter.invoke()
        answers.append(interpreter.get_tensor(target["index"]))
    Path(logits).write_bytes(np.concatenate(answers).astype("<f4").tobytes())


main(*sys.argv[1:])
