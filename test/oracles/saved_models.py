"""Small SavedModels of TensorFlow, with what TensorFlow computes by them.

    python test/oracles/saved_models.py

Written to test/unit/weights/tensorflow/saved-models: a network as Keras exports it (keras/), as a tf.Module of nested
functions that takes pictures of any size (module/), as TensorFlow 1 saved them with variables (first/) and with the
variables made constants (frozen/, and the graph alone as frozen.pb), each with the picture and the logits (expected.json).

Needs tensorflow 2.21, numpy.
"""

import base64
import json
import shutil
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

GOLDEN = Path(__file__).resolve().parent.parent / "unit" / "weights" / "tensorflow" / "saved-models"
SIZE = (24, 32)
OUTPUTS = 5
RANDOM = np.random.default_rng(3)


def keras_network() -> tf.keras.Model:
    layers = tf.keras.layers
    x = image = layers.Input((*SIZE, 3), batch_size=1, name="image")
    x = layers.Rescaling(0.5, offset=0.1, name="scaled")(x)
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="stem")(x)
    x = layers.BatchNormalization(name="stem_norm")(x)
    x = first = layers.ReLU(6.0, name="stem_act")(x)
    x = layers.ZeroPadding2D(((0, 1), (0, 1)), name="padded")(x)
    x = layers.DepthwiseConv2D(3, strides=2, name="depthwise")(x)
    x = layers.PReLU(shared_axes=[1, 2], name="slopes")(x)
    x = layers.Conv2D(8, 1, activation="silu", name="point")(x)
    wide = layers.Conv2D(8, 3, dilation_rate=2, padding="same", name="dilated")(x)
    wide = layers.LeakyReLU(0.1, name="leaky")(wide)
    apart = layers.DepthwiseConv2D(3, dilation_rate=2, padding="same", name="apart")(x)
    apart = layers.Activation("hard_sigmoid", name="hard")(apart)
    x = layers.Add(name="sum")([x, wide, apart])
    mean = layers.GlobalAveragePooling2D(keepdims=True, name="mean")(x)
    mean = layers.Conv2D(8, 1, activation="sigmoid", name="gate")(mean)
    x = layers.Multiply(name="gated")([x, mean])
    x = layers.Conv2DTranspose(8, 3, strides=2, padding="same", name="larger")(x)
    x = layers.Concatenate(name="joined")([x, first])
    x = layers.MaxPooling2D(3, strides=1, padding="same", name="pooled")(layers.ReLU(name="positive")(x))
    x = layers.UpSampling2D(2, interpolation="bilinear", name="up")(x)
    x = layers.Conv2D(OUTPUTS, 1, name="logits")(x)
    return tf.keras.Model(image, x)


def fill(variables) -> None:
    for variable in variables:
        spread = RANDOM.normal(0, 0.4, variable.shape)
        name = getattr(variable, "path", variable.name)
        variable.assign(1 + np.abs(spread) if "variance" in name or "gamma" in name else spread)


class Block(tf.Module):
    def __init__(self, inputs: int, outputs: int, stride: int = 1, rate: int = 1) -> None:
        super().__init__()
        self.filter = tf.Variable(RANDOM.normal(0, 0.3, (3, 3, inputs, outputs)).astype(np.float32))
        self.bias = tf.Variable(RANDOM.normal(0, 0.3, outputs).astype(np.float32))
        self.stride, self.rate = stride, rate

    @tf.function
    def __call__(self, x):
        y = tf.nn.conv2d(x, self.filter, self.stride, "SAME", dilations=self.rate)
        return tf.nn.relu(y + self.bias)


class Network(tf.Module):
    """Pictures of any size; one block is called twice; the filter of the logits is kept in half precision."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.wide = Block(3, 8, 2), Block(8, 8, 2), Block(8, 8, 1, 2)
        self.logits = tf.Variable(RANDOM.normal(0, 0.3, (1, 1, 16, OUTPUTS)).astype(np.float16))

    @tf.function(input_signature=[tf.TensorSpec([1, None, None, 3], tf.float32, name="picture")])
    def __call__(self, picture):
        fine = self.first(picture)
        x = self.wide(self.wide(self.second(fine)))
        one, two = tf.split(x, 2, axis=-1)
        x = tf.concat([two, one * tf.tanh(two)], axis=-1)
        mean = tf.reduce_mean(x, [1, 2], keepdims=True)
        x = x + tf.image.resize(mean, tf.shape(x)[1:3])
        x = tf.image.resize(x, tf.shape(fine)[1:3])
        x = tf.concat([x, fine], axis=-1)
        x = tf.nn.conv2d(x, tf.cast(self.logits, tf.float32), 1, "VALID")
        x = tf.image.resize(x, tf.shape(picture)[1:3])
        return {"logits": x, "probabilities": tf.nn.softmax(x)}


def first_version(folder: Path, frozen: Path, picture: np.ndarray) -> np.ndarray:
    """As programs of TensorFlow 1 did it: one graph, a session, a saver."""
    v1 = tf.compat.v1
    graph = tf.Graph()
    with graph.as_default(), v1.Session(graph=graph) as session:
        x = image = v1.placeholder(tf.float32, [1, *SIZE, 3], "image")
        with v1.variable_scope("net", use_resource=False):
            random = lambda shape: RANDOM.normal(0, 0.3, shape).astype(np.float32)
            weights = v1.get_variable("weights", initializer=random((3, 3, 3, 8)))
            x = tf.nn.conv2d(x, weights, 2, "SAME", name="conv")
            ones = [v1.get_variable(name, initializer=np.abs(random(8)) + 0.5) for name in ("gamma", "variance")]
            zeros = [v1.get_variable(name, initializer=random(8)) for name in ("beta", "mean")]
            x, _, _ = v1.nn.fused_batch_norm(x, ones[0], zeros[0], zeros[1], ones[1], 1e-3, is_training=False)
            x = tf.nn.relu6(x)
            dense = v1.get_variable("logits", initializer=random((1, 1, 8, OUTPUTS)), use_resource=True)
            x = tf.nn.bias_add(tf.nn.conv2d(x, dense, 1, "SAME"), v1.get_variable("bias", initializer=random(OUTPUTS)))
        x = v1.image.resize_bilinear(x, SIZE, half_pixel_centers=True, name="out")
        session.run(v1.global_variables_initializer())
        logits = session.run(x, {image: picture})
        v1.saved_model.simple_save(session, str(folder), {"image": image}, {"out": x})
        constant = v1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), ["out"])
    with tf.Graph().as_default() as graph, v1.Session(graph=graph) as session:
        image, x = tf.import_graph_def(constant, return_elements=["image:0", "out:0"], name="")
        v1.saved_model.simple_save(session, str(frozen), {"image": image}, {"out": x})
    frozen.with_suffix(".pb").write_bytes(constant.SerializeToString(deterministic=True))
    return logits


def shorten(file: Path) -> None:
    """Without attributes that only tell again what follows from others: they are most of the file."""
    model = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    graph = model.meta_graphs[0].graph_def
    for nodes in (graph.node, *(function.node_def for function in graph.library.function)):
        for node in nodes:
            for name in ("_output_shapes", "debug_name"):
                node.attr.pop(name, None)
            node.ClearField("experimental_debug_info")
    for function in graph.library.function:
        function.arg_attr.clear()
    file.write_bytes(model.SerializeToString(deterministic=True))


def numbers(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array, "<f4").tobytes()).decode()


def main() -> None:
    shutil.rmtree(GOLDEN, ignore_errors=True)
    GOLDEN.mkdir(parents=True)
    picture = np.random.default_rng(7).normal(size=(1, *SIZE, 3)).astype(np.float32)
    expected = {"size": SIZE, "outputs": OUTPUTS, "picture": numbers(picture)}

    model = keras_network()
    fill(model.weights)
    model.export(str(GOLDEN / "keras"), verbose=False)
    expected["keras"] = numbers(model(picture, training=False).numpy())

    module = Network()
    tf.saved_model.save(module, str(GOLDEN / "module"))
    expected["module"] = numbers(module(tf.constant(picture))["logits"].numpy())

    expected["first"] = numbers(first_version(GOLDEN / "first", GOLDEN / "frozen", picture))
    for name in ("keras", "module", "first", "frozen"):
        for unread in ("fingerprint.pb", "assets"):
            path = GOLDEN / name / unread
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        shorten(GOLDEN / name / "saved_model.pb")
    (GOLDEN / "expected.json").write_text(json.dumps(expected) + "\n")


main()
