"""Small files of TensorFlow's formats, with what TensorFlow computes by them.

    python test/oracles/tensorflow_files.py

Written to test/unit/weights/tensorflow/golden: a network of the operators that segmentation networks are made of, as
TensorFlow Lite in float32 (net.tflite), with half-precision weights (half.tflite) and quantised (quantised.tflite), as a
TensorFlow.js graph model (graph/), and the logits of one picture (expected.json, for TensorFlow Lite by its own
interpreter).

Needs tensorflow 2.21, ai-edge-litert, numpy.
"""

import base64
import json
import shutil
from pathlib import Path

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from google.protobuf import json_format
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

GOLDEN = Path(__file__).resolve().parent.parent / "unit" / "weights" / "tensorflow" / "golden"
SIZE = (24, 32)
OUTPUTS = 5


def network() -> tf.keras.Model:
    layers = tf.keras.layers
    x = image = layers.Input((*SIZE, 3), batch_size=1, name="image")
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="stem")(x)
    x = layers.BatchNormalization(name="stem_norm")(x)
    x = first = layers.ReLU(6.0, name="stem_act")(x)
    x = layers.ZeroPadding2D(((0, 1), (0, 1)), name="padded")(x)
    x = layers.DepthwiseConv2D(3, strides=2, name="depthwise")(x)
    x = layers.Activation("sigmoid", name="gate")(x)
    x = layers.Conv2D(8, 1, activation="relu", name="point")(x)
    wide = layers.Conv2D(8, 3, dilation_rate=2, padding="same", name="dilated")(x)
    x = layers.Add(name="sum")([x, wide])
    mean = layers.GlobalAveragePooling2D(keepdims=True, name="mean")(x)
    mean = layers.Conv2D(8, 1, activation="sigmoid", name="scale")(mean)
    x = layers.Multiply(name="scaled")([x, mean])
    x = layers.UpSampling2D(2, interpolation="bilinear", name="up")(x)
    x = layers.Concatenate(name="joined")([x, first])
    x = layers.MaxPooling2D(3, strides=1, padding="same", name="pooled")(x)
    x = layers.Conv2D(OUTPUTS, 1, name="logits")(x)
    return tf.keras.Model(image, x)


def fill(model: tf.keras.Model) -> None:
    random = np.random.default_rng(3)
    for variable in model.weights:
        spread = random.normal(0, 0.4, variable.shape)
        variable.assign(1 + np.abs(spread) if "variance" in variable.path or "gamma" in variable.path else spread)


def lite(model: tf.keras.Model, kind: str) -> bytes:
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if kind != "net":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "half":
        converter.target_spec.supported_types = [tf.float16]
    if kind == "quantised":
        random = np.random.default_rng(1)
        converter.representative_dataset = lambda: (
            [random.normal(size=(1, *SIZE, 3)).astype(np.float32)] for _ in range(8)
        )
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    return converter.convert()


def run_lite(content: bytes, picture: np.ndarray) -> np.ndarray:
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def numbers(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode()


def graph_model(model: tf.keras.Model, folder: Path) -> None:
    """As tensorflowjs_converter writes one: the frozen graph in JSON, its constants in shards."""
    function = tf.function(lambda x: model(x, training=False)).get_concrete_function(
        tf.TensorSpec((1, *SIZE, 3), tf.float32, name="image")
    )
    frozen = convert_variables_to_constants_v2(function)
    graph = frozen.graph.as_graph_def()
    weights, content = [], b""
    for node in graph.node:
        if node.op != "Const":
            continue
        array = tf.make_ndarray(node.attr["value"].tensor)
        dtype = {"float32": "float32", "int32": "int32"}[str(array.dtype)]
        weights.append({"name": node.name, "shape": list(array.shape), "dtype": dtype})
        content += np.ascontiguousarray(array).tobytes()
        node.attr["value"].tensor.Clear()
    folder.mkdir(parents=True)
    half = len(content) // 2
    (folder / "group1-shard1of2.bin").write_bytes(content[:half])
    (folder / "group1-shard2of2.bin").write_bytes(content[half:])
    signature = {
        "inputs": {"image": {"name": frozen.inputs[0].name}},
        "outputs": {"logits": {"name": frozen.outputs[0].name}},
    }
    paths = ["group1-shard1of2.bin", "group1-shard2of2.bin"]
    document = {
        "format": "graph-model",
        "signature": signature,
        "modelTopology": json_format.MessageToDict(graph),
        "weightsManifest": [{"paths": paths, "weights": weights}],
    }
    (folder / "model.json").write_text(json.dumps(document, separators=(",", ":")))


def main() -> None:
    shutil.rmtree(GOLDEN, ignore_errors=True)
    GOLDEN.mkdir(parents=True)
    model = network()
    fill(model)
    picture = np.random.default_rng(7).normal(size=(1, *SIZE, 3)).astype(np.float32)
    expected = {"size": SIZE, "outputs": OUTPUTS, "picture": numbers(picture)}
    for kind in ("net", "half", "quantised"):
        content = lite(model, kind)
        (GOLDEN / f"{kind}.tflite").write_bytes(content)
        if kind != "quantised":
            expected[kind] = numbers(run_lite(content, picture))
    expected["keras"] = numbers(model(picture, training=False).numpy())
    graph_model(model, GOLDEN / "graph")
    (GOLDEN / "expected.json").write_text(json.dumps(expected) + "\n")


main()
