"""What the dense CRF makes of small images: by pydensecrf, and by summing over all pairs of pixels.

Writes test/unit/evaluation/golden/crf.json. Run with any Python that has NumPy and pydensecrf2 1.1 from PyPI (which is
lucasb-eyer/pydensecrf, built for newer Pythons): python test/oracles/crf.py
"""
import json
import pathlib

import numpy
import pydensecrf.densecrf as dcrf
from pydensecrf.utils import unary_from_softmax

STEPS = 10
# height, width, classes, how many pixels a side of the image's tiles has, seed
CASES = [(18, 24, 3, 8, 1), (16, 21, 5, 7, 2), (25, 14, 2, 5, 3)]


def case(height, width, classes, tile, seed):
    """Tiles of one colour and class each, the colours a little noisy, the probabilities very much."""
    rows, columns = numpy.mgrid[:height, :width]
    tiles = rows // tile * 7 + columns // tile
    truth = tiles % classes
    random = numpy.random.default_rng(seed)
    colours = random.integers(20, 220, (64, 3))
    image = (colours[tiles] + random.integers(-8, 9, (height, width, 3))).astype(numpy.uint8)
    logits = random.uniform(-2, 2, (height, width, classes))
    logits += numpy.eye(classes)[truth]
    weights = numpy.exp(logits)
    return image, numpy.round(weights / weights.sum(2, keepdims=True), 3).astype(numpy.float32)


def by_package(image, probabilities):
    height, width, classes = probabilities.shape
    crf = dcrf.DenseCRF2D(width, height, classes)
    crf.setUnaryEnergy(unary_from_softmax(numpy.ascontiguousarray(probabilities.transpose(2, 0, 1))))
    crf.addPairwiseGaussian(sxy=3, compat=3)
    crf.addPairwiseBilateral(sxy=80, srgb=13, rgbim=numpy.ascontiguousarray(image), compat=10)
    return numpy.array(crf.inference(STEPS)).reshape(classes, height, width).transpose(1, 2, 0)


def by_all_pairs(image, probabilities):
    height, width, classes = probabilities.shape
    rows, columns = numpy.mgrid[:height, :width]
    places = numpy.stack([columns.ravel(), rows.ravel()], 1).astype(float)
    features = [(places / 3, 3), (numpy.concatenate([places / 80, image.reshape(-1, 3) / 13], 1), 10)]
    kernel = 0
    for values, weight in features:
        squares = (values**2).sum(1)
        pairs = numpy.exp(-0.5 * (squares[:, None] + squares - 2 * values @ values.T))
        half = 1 / numpy.sqrt(pairs.sum(1))
        kernel = kernel + weight * half[:, None] * pairs * half
    own = numpy.log(numpy.clip(probabilities.reshape(-1, classes).astype(float), 1e-5, 1))
    scores = own
    for _ in range(STEPS + 1):
        scores = numpy.exp(scores - scores.max(1, keepdims=True))
        answer = scores / scores.sum(1, keepdims=True)
        scores = own + kernel @ answer
    return answer.reshape(probabilities.shape)


def main():
    golden = []
    for height, width, classes, tile, seed in CASES:
        image, probabilities = case(height, width, classes, tile, seed)
        answers = {"package": by_package(image, probabilities), "allPairs": by_all_pairs(image, probabilities)}
        golden.append({
            "size": [height, width],
            "classes": classes,
            "image": image.ravel().tolist(),
            "probabilities": [round(float(p), 3) for p in probabilities.ravel()],
            **{name: [round(float(q), 4) for q in answer.ravel()] for name, answer in answers.items()},
        })
        print(*(f"{name} changes {(a.argmax(2) != probabilities.argmax(2)).mean():.0%}" for name, a in answers.items()),
              f"{numpy.abs(answers['package'] - answers['allPairs']).max():.3f} apart,",
              f"{(answers['package'].argmax(2) != answers['allPairs'].argmax(2)).mean():.2%} other class")
    out = pathlib.Path(__file__).parent.parent / "unit/evaluation/golden/crf.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
