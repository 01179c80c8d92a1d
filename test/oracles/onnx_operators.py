"""Small ONNX files of each operator that the reader knows, and what ONNX Runtime makes of one picture with each.

Writes test/unit/weights/onnx/golden/operators.json.gz. Needs NumPy, onnx and onnxruntime:

    python test/oracles/onnx_operators.py

A case is a graph in ONNX's text form from `x`, a picture [1, 3, height, width], to `y`, which is a picture too. Cases of
"computed" operators give them what comes from the picture; those of "known" ones what stands in the file, so that the
reader has to compute them itself.
"""
import base64
import gzip
import json
import pathlib

import numpy
import onnx
import onnx.parser
import onnxruntime

OUT = pathlib.Path(__file__).parent.parent / "unit/weights/onnx/golden/operators.json.gz"
HEIGHT, WIDTH = 6, 8
IR = {7: 3, 9: 4, 10: 5, 11: 6, 12: 7, 13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 20: 9, 21: 10, 23: 11, 24: 12}
# Values of an output that are kept, evenly apart
KEPT = 48
random = numpy.random.default_rng(1)
cases = []


def noise(*shape, low=-1.0, high=1.0):
    return numpy.round(random.uniform(low, high, shape), 2).astype(numpy.float32)


def ints(*values):
    return numpy.array(values, numpy.int64)


x = noise(1, 3, HEIGHT, WIDTH, low=-2, high=2)


def model(text, opset, arrays):
    body = "\n".join(line.strip() for line in text.strip().split(";") if line.strip())
    form = f"g (float[1,3,{HEIGHT},{WIDTH}] x) => (float[N,C,H,W] y) {{ {body} }}"
    graph = onnx.parser.parse_graph(form)
    for name, values in arrays.items():
        graph.initializer.append(onnx.numpy_helper.from_array(numpy.asarray(values), name))
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)], ir_version=IR[opset])
    return made


def case(kind, operator, text, opsets=(11, 17, 20), what="", **arrays):
    for opset in opsets:
        made = model(text, opset, arrays)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.log_severity_level = 3
        try:
            session = onnxruntime.InferenceSession(made.SerializeToString(), options, ["CPUExecutionProvider"])
            (y,) = session.run(["y"], {"x": x})
        except Exception as error:
            raise SystemExit(f"{operator} ({what}) at opset {opset}: {error}")
        assert y.ndim == 4 and y.dtype == numpy.float32 and numpy.isfinite(y).all(), (operator, what, y.shape, y.dtype)
        if kind == "computed":
            assert y.std() > 1e-3, (operator, what, "gives the same everywhere")
        cases.append({
            "kind": kind,
            "operator": operator,
            "what": what,
            "opset": opset,
            "model": made.SerializeToString().hex(),
            "shape": list(y.shape),
            "y": base64.b64encode(y.ravel()[numpy.arange(KEPT) * y.size // KEPT].tobytes()).decode(),
        })


def computed(operator, text, **more):
    case("computed", operator, text, **more)


def known(operator, text, **more):
    case("known", operator, text, **more)


def convolutions():
    w, b = noise(4, 3, 3, 3), noise(4)
    computed("Conv", "y = Conv<pads=[1,1,1,1]>(x, w, b)", w=w, b=b)
    for what, attributes in {
        "dilated": "dilations=[2,2], pads=[2,2,2,2]",
        "uneven": "strides=[2,1], pads=[0,1,2,1]",
        "same, upper": 'auto_pad="SAME_UPPER", strides=[2,2]',
        "same, lower": 'auto_pad="SAME_LOWER", strides=[2,2]',
        "valid": 'auto_pad="VALID"',
    }.items():
        computed("Conv", f"y = Conv<{attributes}>(x, w)", opsets=[17], what=what, w=w)
    computed("Conv", "y = Conv<group=3, pads=[1,1,1,1]>(x, w)", opsets=[17], what="depthwise", w=noise(6, 1, 3, 3))
    computed("Conv", "a = Conv(x, w); y = Conv<group=2>(a, v)", opsets=[17], what="grouped", w=noise(4, 3, 1, 1),
             v=noise(6, 2, 2, 2))
    computed("ConvTranspose", "y = ConvTranspose<strides=[2,2], pads=[1,1,1,1], output_padding=[1,1]>(x, w, b)",
             w=noise(3, 4, 3, 3), b=b)
    computed("ConvTranspose", "y = ConvTranspose<strides=[2,2]>(x, w)", opsets=[17], what="side by side",
             w=noise(3, 2, 2, 2))
    computed("MaxPool", "y = MaxPool<kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]>(x)", opsets=[11, 12, 17])
    computed("MaxPool", "a = Relu(x); y = MaxPool<kernel_shape=[3,3], strides=[2,2], pads=[0,0,1,1]>(a)", opsets=[17],
             what="uneven, after ReLU")
    computed("MaxPool", "y = MaxPool<kernel_shape=[2,2], strides=[2,2], ceil_mode=1>(x)", opsets=[17], what="ceil")
    computed("AveragePool", "y = AveragePool<kernel_shape=[2,2], strides=[2,2]>(x)", opsets=[11, 20])
    computed("AveragePool", "y = AveragePool<kernel_shape=[3,3], pads=[1,1,1,1], count_include_pad=1>(x)", opsets=[11],
             what="zeros counted")
    computed("AveragePool", "y = AveragePool<kernel_shape=[3,3], strides=[2,2]>(x)", opsets=[17], what="overlapping")
    computed("GlobalAveragePool", "y = GlobalAveragePool(x)", opsets=[11, 20])


def elementwise():
    for operator in ("Relu", "Sigmoid", "Tanh", "Neg"):
        computed(operator, f"y = {operator}(x)", opsets=[11, 13, 20])
    computed("Swish", "y = Swish(x)", opsets=[24])
    computed("HardSwish", "y = HardSwish(x)", opsets=[14, 20])
    computed("HardSigmoid", "y = HardSigmoid(x)", opsets=[11, 20])
    computed("HardSigmoid", "y = HardSigmoid<alpha=0.4, beta=0.3>(x)", opsets=[11], what="its own line")
    computed("LeakyRelu", "y = LeakyRelu<alpha=0.2>(x)", opsets=[11, 16])
    computed("PRelu", "y = PRelu(x, s)", opsets=[11, 16], s=noise(3, 1, 1))
    computed("Gelu", "y = Gelu(x)", opsets=[20])
    computed("Gelu", "a = Div(x, r); b = Erf(a); c = Add(b, o); d = Mul(x, c); y = Mul(d, h)", opsets=[11, 17],
             what="taken apart", r=numpy.float32(2**0.5), o=numpy.float32(1), h=numpy.float32(0.5))
    computed("Clip", "y = Clip<min=-0.5, max=1.2>(x)", opsets=[9, 10])
    computed("Clip", "y = Clip(x, a, b)", opsets=[11, 12, 13], a=numpy.float32(0), b=numpy.float32(1.5))
    computed("Clip", "y = Clip(x, a)", opsets=[13], what="from below", a=numpy.float32(0))
    computed("Pow", "y = Pow(x, e)", opsets=[11, 13], e=numpy.float32(2))
    s, p, w = noise(3, 1, 1, low=0.5, high=2), noise(1, 3, HEIGHT, WIDTH), noise(3, 3, 1, 1)
    for operator in ("Add", "Sub", "Mul"):
        computed(operator, f"a = Conv(x, w); y = {operator}(x, a)", opsets=[11, 13, 14], w=w)
        computed(operator, f"y = {operator}(x, s)", opsets=[17], what="and one for each channel", s=s)
        computed(operator, f"y = {operator}(s, x)", opsets=[17], what="and one for each channel, first", s=s)
        computed(operator, f"y = {operator}(x, s)", opsets=[17], what="and one number", s=numpy.float32(1.5))
    for operator in ("Add", "Sub"):
        computed(operator, f"y = {operator}(x, p)", opsets=[17], what="and one for each pixel", p=p)
    for operator in ("Add", "Mul"):
        computed(operator, f"a = GlobalAveragePool(x); y = {operator}(x, a)", opsets=[17], what="and a pooled picture")
    computed("Mul", "a = Conv(x, w); y = Mul(a, x)", opsets=[17], what="and a map", w=noise(1, 3, 1, 1))
    computed("Div", "y = Div(x, s)", opsets=[11, 13, 14], s=s)
    computed("Sum", "a = Relu(x); b = Sigmoid(x); y = Sum(x, a, b)", opsets=[11, 13])


ATTENTION = """
    q = Conv(x, wq); k = Conv(x, wk); v = Conv(x, wv); q1 = Reshape(q, s); k1 = Reshape(k, s); v1 = Reshape(v, s);
    q2 = Transpose<perm=[0,1,3,2]>(q1); a = MatMul(q2, k1); b = Mul(a, f); c = Softmax<axis=3>(b);
    d = Transpose<perm=[0,1,3,2]>(c); e = MatMul(v1, d); y = Reshape(e, t)"""


def attentions():
    last, back = "a = Transpose<perm=[0,2,3,1]>(x)", "y = Transpose<perm=[0,3,1,2]>(b)"
    computed("MatMul", f"{last}; b = MatMul(a, w); {back}", opsets=[11, 13], w=noise(3, 4))
    computed("MatMul", f"{last}; c = MatMul(a, w); b = Add(c, o); {back}", opsets=[13], what="with a bias", w=noise(3, 4),
             o=noise(4))
    weights = {f"w{name}": noise(8, 3, 1, 1) for name in "qkv"}
    shapes = {"s": ints(1, 2, 4, -1), "t": ints(1, 8, HEIGHT, WIDTH)}
    computed("MatMul", ATTENTION, opsets=[11, 13, 17], what="as attention", f=numpy.float32(0.5), **weights, **shapes)
    computed("MatMul", ATTENTION, opsets=[17], what="as attention of another scale", f=numpy.float32(1.3), **weights,
             **shapes)
    computed("Gemm", "a = GlobalAveragePool(x); b = Flatten(a); c = Gemm<transB=1>(b, w, o); y = Reshape(c, s)",
             opsets=[11, 13], w=noise(4, 3), o=noise(4), s=ints(1, 4, 1, 1))
    computed("Gemm", "a = GlobalAveragePool(x); b = Flatten(a); c = Gemm<alpha=0.5, beta=2.0>(b, w, o); y = Reshape(c, s)",
             opsets=[13], what="with factors", w=noise(3, 4), o=noise(4), s=ints(1, 4, 1, 1))
    computed("Softmax", "y = Softmax<axis=1>(x)", opsets=[13, 20])
    computed("Softmax", f"{last}; b = Softmax<axis=3>(a); {back}", opsets=[11], what="of the last axis")
    computed("Softmax", "y = Softmax<axis=2>(x)", opsets=[13], what="along the height")
    computed("LayerNormalization", f"{last}; b = LayerNormalization(a, s, o); {back}", opsets=[17, 20], s=noise(3),
             o=noise(3))
    computed("LayerNormalization", f"""{last}; m = ReduceMean<axes=[-1]>(a); d = Sub(a, m); q = Pow(d, two);
        v = ReduceMean<axes=[-1]>(q); e = Add(v, little); r = Sqrt(e); n = Div(d, r); f = Mul(n, s); b = Add(f, o);
        {back}""", opsets=[11, 13], what="taken apart", two=numpy.float32(2), little=numpy.float32(1e-5), s=noise(3),
             o=noise(3))
    computed("BatchNormalization", "y = BatchNormalization(x, s, o, m, v)", opsets=[11, 14, 15], s=noise(3), o=noise(3),
             m=noise(3), v=noise(3, low=0.5, high=2))
    computed("InstanceNormalization", "y = InstanceNormalization(x, s, o)", opsets=[11, 20], s=noise(3), o=noise(3))
    computed("InstanceNormalization", """a = Conv(x, w); b = Reshape(a, g); c = InstanceNormalization(b, s, o);
        d = Reshape(c, t); e = Mul(d, f); y = Add(e, h)""", opsets=[11], what="as group norm", w=noise(4, 3, 1, 1),
             g=ints(0, 2, -1), s=numpy.ones(2, "float32"), o=numpy.zeros(2, "float32"), t=ints(1, 4, HEIGHT, WIDTH),
             f=noise(4, 1, 1), h=noise(4, 1, 1))
    computed("GroupNormalization", "a = Conv(x, w); y = GroupNormalization<num_groups=2>(a, s, o)", opsets=[21],
             w=noise(4, 3, 1, 1), s=noise(4), o=noise(4))
    computed("ReduceMean", "y = ReduceMean<axes=[2,3]>(x)", opsets=[11, 13, 17])
    computed("ReduceMean", "y = ReduceMean(x, a)", opsets=[18, 20], a=ints(2, 3))
    computed("ReduceMean", "a = ReduceMean<axes=[2,3], keepdims=0>(x); y = Reshape(a, s)", opsets=[13],
             what="without its axes", s=ints(1, 3, 1, 1))


CHANNELS = """q = Reshape(x, s); k = Transpose<perm=[0,2,1]>(q); a = MatMul(q, k); {opposite};
    c = Softmax<axis=2>(b); d = MatMul(c, q); y = Reshape(d, t)"""
GROUPS = """{parts}; q2 = Transpose<perm=[0,1,3,2]>(q1); a = MatMul(q2, k1); b = Mul(a, f); c = Softmax<axis=3>(b);
    d = Transpose<perm=[0,1,3,2]>(c); e = MatMul(v1, d); g = Reshape(e, cut); h = Transpose<perm=[2,0,3,1,4]>(g);
    y = Reshape(h, t)"""
GROUP = """{0} = Conv(x, w{0}); {0}a = Reshape({0}, s5); {0}b = Transpose<perm=[1,3,0,2,4]>({0}a);
    {0}1 = Reshape({0}b, s4)"""


def products():
    """What heads are made of besides attention of pixels."""
    size = {"s": ints(0, 0, -1), "t": ints(1, 3, HEIGHT, WIDTH)}
    computed("MatMul", CHANNELS.format(opposite="b = Neg(a)"), opsets=[13], what="as attention of channels", **size)
    largest = "m = ReduceMax<axes=[-1]>(a); z = Shape(a); e = Expand(m, z); b = Sub(e, a)"
    for operator in ("ReduceMax", "Expand"):
        computed(operator, CHANNELS.format(opposite=largest), opsets=[13, 17], what="in an attention of channels", **size)
    computed("ReduceMax", CHANNELS.format(opposite=largest.replace("<axes=[-1]>(a)", "(a, last)")), opsets=[18],
             what="in an attention of channels", last=ints(-1), **size)
    computed("MatMul", """k = Conv(x, w); ks = Reshape(k, s); p = Softmax<axis=2>(ks); v = Reshape(x, s);
        f = Transpose<perm=[0,2,1]>(v); c = MatMul(p, f); d = Transpose<perm=[0,2,1]>(c); y = Unsqueeze(d, three)""",
             opsets=[13], what="as means over regions", w=2 * noise(4, 3, 1, 1), s=ints(0, 0, -1), three=ints(3))
    computed("MatMul", """a = Conv(x, w); p = Transpose<perm=[0,2,3,1]>(a); q = Reshape(p, u);
        c = AveragePool<kernel_shape=[3,4], strides=[3,4]>(x); d = Reshape(c, s); v = Transpose<perm=[0,2,1]>(d);
        e = MatMul(q, v); f = Transpose<perm=[0,2,1]>(e); y = Reshape(f, t)""",
             opsets=[13], what="as sums by weights", w=noise(4, 3, 1, 1), u=ints(0, -1, 4), **size)
    parts = "; ".join(GROUP.format(name) for name in "qkv")
    computed("MatMul", GROUPS.format(parts=parts), opsets=[13], what="as attention in groups", f=numpy.float32(0.5),
             **{f"w{name}": noise(8, 3, 1, 1) for name in "qkv"}, s5=ints(8, 2, HEIGHT // 2, 2, WIDTH // 2),
             s4=ints(4, 2, 4, HEIGHT * WIDTH // 4), cut=ints(2, 2, 8, HEIGHT // 2, WIDTH // 2), t=ints(1, 8, HEIGHT, WIDTH))
    down = numpy.zeros((4, HEIGHT), "float32")
    for i in range(4):
        first, last = i * HEIGHT // 4, -(-(i + 1) * HEIGHT // 4)
        down[i, first:last] = 1 / (last - first)
    computed("MatMul", "y = MatMul(d, x)", opsets=[13], what="as bins that overlap", d=down)
    computed("ReduceMean", "y = ReduceMean<axes=[2]>(x)", opsets=[13], what="along the height")
    computed("ReduceMean", "y = ReduceMean<axes=[3]>(x)", opsets=[13], what="along the width")
    computed("ReduceMean", "y = ReduceMean<axes=[1]>(x)", opsets=[13], what="over channels")
    computed("ReduceMean", "a = ReduceMean<axes=[1]>(x); y = Reshape(a, s)", opsets=[13],
             what="over channels, as channels", s=ints(1, HEIGHT * WIDTH, 1, 1))
    computed("AveragePool", "y = AveragePool<kernel_shape=[6,1], strides=[6,1]>(x)", opsets=[17], what="a strip")
    computed("LpNormalization", "a = LpNormalization<axis=1, p=2>(x); y = Mul(a, f)", opsets=[11, 17], f=noise(3, 1, 1))
    computed("MaxUnpool", """a, i = MaxPool<kernel_shape=[2,2], strides=[2,2]>(x); b = Sigmoid(a);
        y = MaxUnpool<kernel_shape=[2,2], strides=[2,2]>(b, i, s)""", opsets=[11, 13], s=ints(1, 3, HEIGHT, WIDTH))
    rows, columns = numpy.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j].astype("float32")
    computed("Concat", "y = Concat<axis=1>(x, p)", opsets=[13], what="of rows and columns",
             p=numpy.stack([rows, columns])[None])
    computed("Pad", "a = Pad(x, p); y = Sigmoid(a)", opsets=[13], what="of channels", p=ints(0, 0, 0, 0, 0, 2, 0, 0))


def resizing():
    none, scales = numpy.zeros(0, "float32"), numpy.array([1, 1, 2, 2], "float32")
    computed("Resize", "y = Resize(x, s)", opsets=[10], s=scales)
    for what, attributes in {
        "linear": 'mode="linear"',
        "linear, as PyTorch": 'mode="linear", coordinate_transformation_mode="pytorch_half_pixel"',
        "linear, corners aligned": 'mode="linear", coordinate_transformation_mode="align_corners"',
        "nearest": 'mode="nearest"',
        "nearest, as PyTorch": 'mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"',
        "nearest, exact": 'mode="nearest", coordinate_transformation_mode="half_pixel", nearest_mode="round_prefer_ceil"',
    }.items():
        computed("Resize", f"y = Resize<{attributes}>(x, r, s)", opsets=[11, 13, 20], what=what,
                 r=none, s=scales)
    computed("Resize", 'y = Resize<mode="linear">(x, r, r, s)', opsets=[11, 13], what="to a size", r=none,
             s=ints(1, 3, 9, 20))
    computed("Resize", 'y = Resize<mode="linear", axes=[2,3]>(x, , , s)', opsets=[18], what="of two axes", s=ints(12, 16))
    computed("Upsample", "y = Upsample(x, s)", opsets=[9], s=scales)


def shapes():
    computed("Identity", "a = Relu(x); y = Identity(a)", opsets=[11, 13])
    computed("Dropout", "a = Relu(x); y = Dropout(a)", opsets=[11, 12, 13])
    computed("Cast", "a = Relu(x); y = Cast<to=1>(a)", opsets=[11, 13])
    tokens, back = "a = Reshape(x, s); b = Transpose<perm=[0,2,1]>(a)", "e = Transpose<perm=[0,2,1]>(d); y = Reshape(e, t)"
    there = {"s": ints(0, 0, -1), "t": ints(1, 4, HEIGHT, WIDTH)}
    computed("Transpose", f"{tokens}; d = MatMul(b, w); {back}", opsets=[11, 13], w=noise(3, 4), **there)
    computed("Reshape", f"{tokens}; d = MatMul(b, w); {back}", opsets=[11, 13, 14], w=noise(3, 4), **there)
    computed("Reshape", f"{tokens}; d = MatMul(b, w); {back}", opsets=[13], what="to other rows", w=noise(3, 4),
             s=ints(0, 0, -1), t=ints(1, 4, WIDTH, HEIGHT))
    computed("Flatten", "a = GlobalAveragePool(x); b = Flatten<axis=1>(a); y = Reshape(b, s)", opsets=[11, 13],
             s=ints(1, 3, 1, 1))
    computed("Squeeze", "a = Squeeze<axes=[0]>(x); b = Relu(a); y = Unsqueeze<axes=[0]>(b)", opsets=[11])
    computed("Squeeze", "a = Squeeze(x, z); b = Relu(a); y = Unsqueeze(b, z)", opsets=[13], z=ints(0))
    computed("Unsqueeze", "a = Squeeze<axes=[0]>(x); b = Sigmoid(a); y = Unsqueeze<axes=[-4]>(b)", opsets=[11])
    computed("Unsqueeze", "a = Squeeze(x, z); b = Sigmoid(a); y = Unsqueeze(b, z)", opsets=[13], z=ints(0))
    computed("Concat", "a = Relu(x); b = Sigmoid(x); y = Concat<axis=1>(a, x, b)", opsets=[11, 13])
    computed("Concat", f"{tokens}; c = Concat<axis=1>(w, b); d = Slice(c, one, most, one); {back}", opsets=[11],
             what="of a class token", w=noise(1, 1, 3), s=ints(0, 0, -1), t=ints(1, 3, HEIGHT, WIDTH), one=ints(1),
             most=ints(1000))
    parts = "y = Concat<axis=1>(c, b)"
    computed("Split", f"w1 = Conv(x, w); b, c = Split<axis=1, split=[1,3]>(w1); {parts}", opsets=[11],
             w=noise(4, 3, 1, 1))
    computed("Split", f"w1 = Conv(x, w); b, c = Split<axis=1>(w1, s); {parts}", opsets=[13, 17], w=noise(4, 3, 1, 1),
             s=ints(1, 3))
    computed("Split", f"w1 = Conv(x, w); b, c = Split<axis=1, num_outputs=2>(w1); {parts}", opsets=[18],
             w=noise(5, 3, 1, 1))
    computed("Slice", "y = Slice<starts=[1], ends=[3], axes=[1]>(x)", opsets=[9])
    computed("Slice", "y = Slice(x, s, e, a)", opsets=[11, 13], what="of channels", s=ints(1), e=ints(1000), a=ints(1))
    computed("Slice", "y = Slice(x, s, e, a)", opsets=[13], what="of pixels", s=ints(1, -6), e=ints(5, -1), a=ints(2, 3))
    computed("Gather", f"{tokens}; c = Gather<axis=1>(b, i); y = Reshape(c, t)", opsets=[11, 13], s=ints(0, 0, -1),
             i=numpy.int64(5), t=ints(1, 3, 1, 1))
    computed("Pad", "a = Pad<pads=[0,0,1,0,0,0,2,1]>(x); y = Relu(a)", opsets=[10])
    computed("Pad", "a = Pad(x, p); y = Relu(a)", opsets=[11, 13, 18], p=ints(0, 0, 1, 0, 0, 0, 2, 1))
    computed("Pad", "a = Pad(x, p, , q); y = Relu(a)", opsets=[18], what="of two axes", p=ints(1, 0, 2, 1), q=ints(2, 3))
    computed("Pad", "a = Pad(x, p); y = Conv(a, w)", opsets=[11], what="before a convolution", w=noise(4, 3, 3, 3),
             p=ints(0, 0, 1, 1, 0, 0, 1, 1))


def folds():
    s, t, u = noise(3, 1, 1, low=0.5, high=2), noise(3, 1, 1, low=0.5, high=2), noise(3, 1, 1)
    for operator in ("Add", "Sub", "Mul", "Div", "Pow", "Max", "Min"):
        known(operator, f"a = {operator}(s, t); y = Add(x, a)", opsets=[11, 13], s=s, t=t)
    known("Mod", "a = Mod(i, j); b = Cast<to=1>(a); y = Add(x, b)", opsets=[11, 13],
          i=ints(7, -7, 5).reshape(3, 1, 1), j=numpy.int64(3))
    for operator in ("Sqrt", "Floor", "Ceil", "Neg", "Abs", "Reciprocal", "Exp", "Sin", "Cos"):
        values = s if operator in ("Sqrt", "Reciprocal") else 3 * u
        known(operator, f"a = {operator}(u); y = Add(x, a)", opsets=[11, 13], u=values)
    i, j = ints(1, 5, 3).reshape(3, 1, 1), ints(1, 4, 8).reshape(3, 1, 1)
    for operator in ("Equal", "Greater", "Less"):
        known(operator, f"a = {operator}(i, j); b = Cast<to=1>(a); y = Add(x, b)", opsets=[11, 13], i=i, j=j)
    yes, no = numpy.array([[[True]], [[False]], [[True]]]), numpy.array([[[True]], [[True]], [[False]]])
    known("And", "a = And(i, j); b = Cast<to=1>(a); y = Add(x, b)", opsets=[11], i=yes, j=no)
    known("Not", "a = Not(i); b = Cast<to=1>(a); y = Add(x, b)", opsets=[11], i=yes)
    known("Where", "a = Where(i, s, t); y = Add(x, a)", opsets=[11, 16], i=yes, s=s, t=t)
    known("Cast", "a = Cast<to=7>(s); b = Cast<to=1>(a); y = Add(x, b)", opsets=[11, 13], s=3 * u)
    known("Cast", "a = Cast<to=9>(s); b = Cast<to=1>(a); y = Add(x, b)", opsets=[13], what="to truth", s=ints(0, 2, -1).reshape(3, 1, 1))
    known("Constant", "a = Constant<value=float[3,1,1] {1.0, -2.0, 0.5}>(); y = Add(x, a)", opsets=[11, 13])
    known("Constant", "a = Constant<value_float=1.5>(); y = Mul(x, a)", opsets=[13], what="a number")
    known("Constant", "a = Constant<value_floats=[1.5, 2.5, 3.5]>(); b = Reshape(a, s); y = Mul(x, b)", opsets=[13],
          what="numbers", s=ints(3, 1, 1))
    known("Constant", "a = Constant<value_ints=[1, 3, 8, 6]>(); b = Reshape(x, s); y = Reshape(b, a)", opsets=[13],
          what="whole numbers", s=ints(1, 3, -1))
    known("Constant", "a = Constant<value_int=3>(); b = Cast<to=1>(a); y = Mul(x, b)", opsets=[13], what="a whole number")
    known("ConstantOfShape", "a = ConstantOfShape<value=float[1] {2.5}>(s); y = Add(x, a)", opsets=[11, 20],
          s=ints(3, 1, 1))
    known("ConstantOfShape", "a = ConstantOfShape(s); b = Exp(a); y = Add(x, b)", opsets=[11], what="of zeros", s=ints(3, 1, 1))
    known("Identity", "a = Identity(s); y = Add(x, a)", opsets=[11, 13], s=s)
    known("Expand", "a = Expand(i, s); y = Add(x, a)", opsets=[11, 13], i=noise(3, 1, 1), s=ints(1, 3, HEIGHT, WIDTH))
    known("Reshape", "a = Reshape(i, s); y = Add(x, a)", opsets=[11, 13], i=noise(3), s=ints(-1, 1, 1))
    known("Flatten", "a = Flatten<axis=2>(i); b = Reshape(a, s); y = Add(x, b)", opsets=[11], i=noise(1, 3, 1), s=ints(3, 1, 1))
    known("Unsqueeze", "a = Unsqueeze<axes=[1,2]>(i); y = Add(x, a)", opsets=[11], i=noise(3))
    known("Unsqueeze", "a = Unsqueeze(i, z); y = Add(x, a)", opsets=[13], i=noise(3), z=ints(1, 2))
    known("Squeeze", "a = Squeeze<axes=[0]>(i); y = Add(x, a)", opsets=[11], i=noise(1, 3, 1, 1))
    known("Squeeze", "a = Squeeze(i, z); y = Add(x, a)", opsets=[13], i=noise(1, 3, 1, 1), z=ints(0))
    known("Transpose", "a = Transpose<perm=[2,0,1]>(i); y = Add(x, a)", opsets=[11, 13], i=noise(HEIGHT, WIDTH, 3))
    known("Concat", "a = Concat<axis=0>(i, j); y = Add(x, a)", opsets=[11, 13], i=noise(1, 1, 1), j=noise(2, 1, 1))
    known("Slice", "a = Slice(i, s, e, z, d); y = Add(x, a)", opsets=[11, 13], i=noise(7, 1, 1), s=ints(1), e=ints(-1),
          z=ints(0), d=ints(2))
    known("Slice", "a = Slice<starts=[1], ends=[4], axes=[0]>(i); y = Add(x, a)", opsets=[9], i=noise(5, 1, 1))
    known("Gather", "a = Gather<axis=0>(i, j); y = Add(x, a)", opsets=[11, 13], i=noise(5, 1, 1), j=ints(4, -4, 0))
    known("Split", "a, b = Split<axis=0, split=[3,2]>(i); y = Add(x, a)", opsets=[11], i=noise(5, 1, 1))
    known("Split", "a, b = Split<axis=0>(i, s); y = Add(x, a)", opsets=[13], i=noise(5, 1, 1), s=ints(3, 2))
    known("Split", "a, b = Split<axis=0, num_outputs=2>(i); y = Add(x, a)", opsets=[18], i=noise(5, 1, 1))
    known("Range", "a = Range(f, e, d); b = Reshape(a, s); y = Add(x, b)", opsets=[11], f=numpy.float32(0.5),
          e=numpy.float32(2), d=numpy.float32(0.5), s=ints(3, 1, 1))
    size = "h = Gather<axis=0>(a, two); w = Gather<axis=0>(a, three); n = Mul(h, w)"
    known("Shape", f"""a = Shape(x); {size}; m = Unsqueeze<axes=[0]>(n); s = Concat<axis=0>(ones, m); b = Reshape(x, s);
        c = Reshape(b, a); y = Relu(c)""", opsets=[11], two=numpy.int64(2), three=numpy.int64(3), ones=ints(1, 3))
    known("Shape", """a = Shape<start=2>(x); h = Shape<start=0, end=2>(x); b = Mul(a, twice); s = Concat<axis=0>(h, b);
        y = Resize<mode="linear">(x, , , s)""", opsets=[15, 20], twice=ints(2, 2))


for part in (convolutions, elementwise, attentions, products, resizing, shapes, folds):
    part()
golden = {"size": [HEIGHT, WIDTH], "x": x.ravel().tolist(), "cases": cases}
OUT.write_bytes(gzip.compress((json.dumps(golden) + "\n").encode(), 9, mtime=0))
print(len(cases), "cases,", OUT.stat().st_size, "bytes")
