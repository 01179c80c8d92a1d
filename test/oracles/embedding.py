"""Near-duplicates and unusual labels by scikit-learn and SciPy. Writes test/unit/embedding/golden/embedding.json.

Run again with any Python that has NumPy, SciPy and scikit-learn: python test/oracles/embedding.py
"""
import json
import pathlib

import numpy
from scipy.sparse.csgraph import connected_components
from scipy.stats import median_abs_deviation, norm
from sklearn.metrics.pairwise import cosine_distances, cosine_similarity
from sklearn.preprocessing import normalize

CHANNELS = 12
random = numpy.random.default_rng(5)


def vectors(rows):
    """Unit vectors as they are written down: what is expected is computed of the rounded ones."""
    return numpy.round(normalize(rows), 4).astype("float32").astype("float64")


def duplicates():
    common = 3 * numpy.abs(random.normal(size=CHANNELS))
    base = common + random.normal(size=(40, CHANNELS))
    near = [base[i] + 0.03 * (1 + i % 7) * random.normal(size=CHANNELS) for i in range(25) for _ in range(i % 4)]
    rows = vectors(numpy.concatenate([base, near, base[:2]])[random.permutation(42 + len(near))])
    similar = cosine_similarity(normalize(rows - rows.mean(0)))
    numpy.fill_diagonal(similar, -1)
    cases = []
    for threshold in (0.9, 0.97, 0.99, 0.999):
        assert numpy.abs(similar - threshold).min() > 1e-5, "a pair lies on the threshold"
        _, labels = connected_components(similar >= threshold, directed=False)
        groups = [numpy.flatnonzero(labels == one) for one in range(labels.max() + 1)]
        cases.append({
            "threshold": threshold,
            "groups": [{str(i): round(float(similar[i].max()), 6) for i in group} for group in groups if len(group) > 1],
        })
    return {"rows": rows.tolist(), "cases": cases}


def outliers():
    common = 2 * numpy.abs(random.normal(size=CHANNELS))
    centres = common + random.normal(size=(4, CHANNELS))
    counts = (60, 45, 30, 5)
    classes = []
    for own, count in enumerate(counts):
        rows = centres[own] + (0.2 + 0.15 * own) * random.normal(size=(count, CHANNELS))
        # Some that are labelled wrong, and some that are like nothing.
        rows[3] = centres[(own + 1) % 3] + 0.2 * random.normal(size=CHANNELS)
        if count > 40:
            rows[7] = common - 2 * (centres[own] - common)
        classes.append(vectors(rows))
    usual = [own for own, count in enumerate(counts) if count >= 8]
    means = numpy.array([classes[own].mean(0) for own in usual])
    middle = means.mean(0)
    found = []
    for place, own in enumerate(usual):
        distances = numpy.maximum(cosine_distances(classes[own] - middle, means - middle), 1e-3)
        others = numpy.delete(distances, place, 1)
        nearest = numpy.delete(usual, place)[others.argmin(1)]
        ratio = numpy.log(distances[:, place] / others.min(1))
        # 0.6745, as the authors write it.
        scores = round(norm.ppf(0.75), 4) * (ratio - numpy.median(ratio)) / median_abs_deviation(ratio)
        assert numpy.abs(scores - 3.5).min() > 1e-3, "a score lies on the threshold"
        for row in numpy.flatnonzero(scores >= 3.5):
            found.append({
                "class": own, "row": int(row), "score": round(float(scores[row]), 4), "nearest": int(nearest[row]),
                "nearer": bool(distances[row, place] > others[row].min()),
                "times": round(float(distances[row, place] / numpy.median(distances[:, place])), 4),
            })
    return {"classes": [one.tolist() for one in classes], "found": sorted(found, key=lambda one: -one["score"])}


out = pathlib.Path(__file__).parent.parent / "unit/embedding/golden/embedding.json"
out.write_text(json.dumps({"duplicates": duplicates(), "outliers": outliers()}) + "\n")
