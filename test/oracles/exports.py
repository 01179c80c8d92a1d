"""Has other programs read our exports, and keeps what they have read right.

    python test/oracles/exports.py

Makes a data set, exports it with `npx stillroom export` in every format, and reads each export with the program that it
is for: pycocotools and Datumaro (COCO), Datumaro (Pascal VOC, COCO panoptic, CVAT, its own), cityscapesScripts (Cityscapes), and Pillow
(indexed PNG, labelme's masks). Where every pixel of every label map comes back, the files' SHA-256 are written to
test/unit/annotation/golden/exports.json with the label maps, so that tests hold later exports to the same bytes. Then two data sets of shapes, drawn one over the other by pycocotools and by
Pillow, go the same way, and each polygon has to come back with its corners. The
programs are installed into a virtual environment of their own.
"""

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
GOLDEN = ROOT / "test" / "unit" / "annotation" / "golden" / "exports.json"
PACKAGES = ["numpy", "pillow", "pycocotools==2.0.11", "datumaro==1.13.12", "cityscapesScripts==2.3.0"]
IGNORE = 255
W, H = 37, 29
CLASSES = {"Streets": ["road", "sky", "car", "a < b & \"c\"", "naïve 空"], "City": ["road", "sky", "car", "train", "traffic light"]}
FORMATS = ["png", "voc", "coco", "coco-polygons", "coco-panoptic", "labelme", "cvat", "datumaro", "cityscapes"]


def label_maps() -> dict:
    import numpy as np

    rng = np.random.default_rng(5)
    maps = {}
    for split in ("train", "val"):
        for kind in ("noise", "patches", "ünï 空", "full", "ignored"):
            pixels = np.full((H, W), IGNORE if kind == "ignored" else rng.integers(0, 5), np.uint8)
            if kind == "noise":
                pixels[5:25, 5:12] = rng.integers(0, 5, (20, 7))
            if kind in ("patches", "ünï 空"):
                for _ in range(25):
                    x, y, w, h = rng.integers(0, [W, H, 14, 14]) + [0, 0, 1, 1]
                    pixels[y : y + h, x : x + w] = rng.choice([0, 1, 2, 3, 4, IGNORE])
                pixels[3, 3] = (pixels[3, 3] + 1) % 5
            maps[split, f"{split} {kind}"] = pixels
    return maps


def make(folder: Path, name: str, maps: dict) -> list[dict]:
    from PIL import Image

    classes = [{"name": one, "color": [10 * i + 5, 20, 30]} for i, one in enumerate(CLASSES[name])]
    for (split, key), pixels in maps.items():
        for kind, image in (("labels", Image.fromarray(pixels)), ("images", Image.new("RGB", (W, H)))):
            file = folder / kind / split / f"{key}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            image.save(file)
    file = {"format": "stillroom-dataset", "version": 1, "name": name, "classes": classes}
    (folder / "dataset.json").write_text(json.dumps(file))
    return classes


def empty():
    import numpy as np

    return np.full((H, W), IGNORE, np.uint8)


def by_datumaro(folder: Path, kind: str, names: list[str]) -> dict:
    import numpy as np
    from datumaro.components.annotation import AnnotationType
    from datumaro.components.dataset import Dataset

    found = {}
    dataset = Dataset.import_from(str(folder), kind)
    labels = [label.name for label in dataset.categories()[AnnotationType.label]]
    for item in dataset:
        pixels = empty()
        # COCO's file is in the order of drawing, which Datumaro turns round; the numbers tell.
        for one in sorted(item.annotations, key=lambda one: (getattr(one, "z_order", 0), one.id)):
            if one.type in (AnnotationType.mask, AnnotationType.polygon):
                name = labels[one.label]
                own = np.asarray(one.image).astype(bool) if one.type == AnnotationType.mask else filled([np.round(np.array(one.points, float), 2).tolist()])
                pixels[own] = IGNORE if name == "ignored" else names.index(name)
        # CVAT's file knows no splits; there they are folders.
        found[item.id.split("/")[0] if kind == "cvat" else item.subset, item.id.split("/")[-1]] = pixels
    return found


def by_pycocotools(folder: Path, names: list[str]) -> dict:
    from pycocotools.coco import COCO

    found = {}
    for split in ("train", "val"):
        coco = COCO(folder / "annotations" / f"instances_{split}.json")
        for image in coco.loadImgs(coco.getImgIds()):
            pixels = empty()
            for one in coco.loadAnns(coco.getAnnIds(image["id"])):
                mask = coco.annToMask(one).astype(bool)
                assert mask.sum() == one["area"]
                pixels[mask] = names.index(coco.loadCats(one["category_id"])[0]["name"])
            found[split, Path(image["file_name"]).stem] = pixels
    return found


def by_cityscapes(folder: Path, names: list[str]) -> dict:
    import numpy as np
    from cityscapesscripts.helpers.annotation import Annotation
    from cityscapesscripts.helpers.labels import id2label
    from cityscapesscripts.preparation.json2instanceImg import createInstanceImage
    from cityscapesscripts.preparation.json2labelImg import createLabelImage
    from PIL import Image

    found = {}
    for file in folder.glob("gtFine/*/*/*_gtFine_polygons.json"):
        annotation = Annotation()
        annotation.fromJsonFile(str(file))
        drawn = np.array(createLabelImage(annotation, "ids"))
        stored = np.array(Image.open(str(file).replace("polygons.json", "labelIds.png")))
        assert (drawn == stored).all(), file
        instances = np.array(Image.open(str(file).replace("polygons.json", "instanceIds.png")))
        assert (np.array(createInstanceImage(annotation, "ids")) == instances).all(), file
        back = {number: names.index(label.name) for number, label in id2label.items() if label.name in names}
        name = file.name.removesuffix("_gtFine_polygons.json")
        found[file.parts[-3], name] = np.vectorize(lambda number: back.get(number, IGNORE))(stored)
    return found


def by_pillow(folder: Path, kind: str, names: list[str]) -> dict:
    import numpy as np
    from PIL import Image

    found = {}
    if kind == "png":
        for file in folder.glob("labels/*/*.png"):
            found[file.parts[-2], file.stem] = np.array(Image.open(file))
    for file in folder.glob("*/*.json"):
        content = json.loads(file.read_text())
        pixels = empty()
        for shape in content["shapes"]:
            mask = np.array(Image.open(io.BytesIO(base64.b64decode(shape["mask"])))).astype(bool)
            (x1, y1), (x2, y2) = shape["points"]
            pixels[y1 : y2 + 1, x1 : x2 + 1][mask] = IGNORE if shape["label"] == "__ignore__" else names.index(shape["label"])
        found[file.parts[-2], file.stem] = pixels
    return found


def filled(polygons: list[list[float]]):
    """What pycocotools gives the polygons of one object."""
    from pycocotools import mask

    return mask.decode(mask.merge(mask.frPyObjects(polygons, H, W))).astype(bool)


def touched(points: list[list[float]]):
    """What Pillow gives a polygon, as labelme and cityscapesScripts call it."""
    import numpy as np
    from PIL import Image, ImageDraw

    image = Image.new("L", (W, H))
    ImageDraw.Draw(image).polygon([tuple(point) for point in points], outline=1, fill=1)
    return np.array(image).astype(bool)


def random_polygon(rng) -> list[float]:
    return [round(float(value), 2) for value in (rng.uniform(-4, [W + 4, H + 4], (int(rng.integers(3, 8)), 2))).ravel()]


def make_coco_shapes(folder: Path, names: list[str]) -> tuple[dict, dict]:
    """Objects of one polygon and of two, over each other. Returns label maps, and each image's polygons in their order."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(11)
    maps, corners = {}, {}
    (folder / "annotations").mkdir(parents=True)
    for split in ("train", "val"):
        images, annotations = [], []
        for n in range(4):
            name = f"{split} {n}"
            (folder / split).mkdir(exist_ok=True)
            Image.new("RGB", (W, H)).save(folder / split / f"{name}.png")
            images.append({"id": n, "file_name": f"{name}.png", "width": W, "height": H})
            maps[split, name] = empty()
            corners[split, name] = []
            for _ in range(6):
                category = int(rng.integers(1, len(names)))
                polygons = [random_polygon(rng) for _ in range(1 if rng.random() < 0.7 else 2)]
                pixels = filled(polygons)
                if not pixels.any():
                    continue
                annotations.append({"id": len(annotations), "image_id": n, "category_id": category, "segmentation": polygons, "iscrowd": 0})
                maps[split, name][pixels] = category
                corners[split, name] += polygons
        categories = [{"id": i, "name": name} for i, name in enumerate(names) if i > 0]
        file = {"images": images, "annotations": annotations, "categories": categories}
        (folder / "annotations" / f"instances_{split}.json").write_text(json.dumps(file))
    return maps, corners


def make_city_shapes(folder: Path, names: list[str]) -> tuple[dict, dict]:
    """Polygons as Cityscapes has them, some of classes that are not evaluated."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(12)
    maps, corners = {}, {}
    for split in ("train", "val"):
        for n in range(4):
            name = f"bonn_00000{n}_000019"
            image = folder / "leftImg8bit" / split / "bonn" / f"{name}_leftImg8bit.png"
            image.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (W, H)).save(image)
            maps[split, name] = empty()
            corners[split, name] = []
            objects = []
            for _ in range(8):
                label = str(rng.choice([*names, "static"]))
                points = rng.integers(-3, [W + 3, H + 3], (int(rng.integers(3, 8)), 2)).tolist()
                pixels = touched(points)
                if not pixels.any():
                    continue
                objects.append({"label": label, "polygon": points})
                maps[split, name][pixels] = names.index(label) if label in names else IGNORE
                corners[split, name].append(np.ravel(points).tolist())
            file = folder / "gtFine" / split / "bonn" / f"{name}_gtFine_polygons.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps({"imgWidth": W, "imgHeight": H, "objects": objects}))
    return maps, corners


def corners_of(kind: str, folder: Path, corners: dict) -> dict:
    """The polygons of each image that an export holds, in their order."""
    import xml.etree.ElementTree as xml

    found = {key: [] for key in corners}
    if kind.startswith("coco"):
        for split in ("train", "val"):
            content = json.loads((folder / "annotations" / f"instances_{split}.json").read_text())
            names = {image["id"]: Path(image["file_name"]).stem for image in content["images"]}
            for one in content["annotations"]:
                found[split, names[one["image_id"]]] += one["segmentation"]
    elif kind == "datumaro":
        for split in ("train", "val"):
            for item in json.loads((folder / "annotations" / f"{split}.json").read_text())["items"]:
                found[split, item["id"]] += [one["points"] for one in item["annotations"]]
    elif kind == "cvat":
        for image in xml.parse(folder / "annotations.xml").getroot().iter("image"):
            split, name = image.get("name").removesuffix(".png").split("/")
            for one in image.iter("polygon"):
                found[split, name].append([float(value) for value in one.get("points").replace(";", ",").split(",")])
    elif kind == "cityscapes":
        for file in folder.glob("gtFine/*/*/*_gtFine_polygons.json"):
            key = file.parts[-3], file.name.removesuffix("_gtFine_polygons.json")
            found[key] += [[value for point in one["polygon"] for value in point] for one in json.loads(file.read_text())["objects"]]
    return found


def shapes(work: Path) -> None:
    """The data sets of shapes; whatever program reads them, pixels and corners are the same."""
    streets, city = ["background", *CLASSES["Streets"]], CLASSES["City"]
    made = {"coco": (make_coco_shapes, streets, ["coco", "coco-polygons", "cvat", "datumaro", "coco-panoptic"]),
            "cityscapes": (make_city_shapes, city, ["cityscapes"])}
    for source, (make_shapes, names, kinds) in made.items():
        data = work / f"{source}-shapes"
        maps, corners = make_shapes(data, names)
        stillroom("import", str(data), "--project", str(work / "project"))
        for kind in kinds:
            out = work / f"{kind}-of-shapes"
            stillroom("export", "--format", kind, "--data", data.name, "--images", "--out", str(out), "--project", str(work / "project"))
            for read in readers(kind, out, names):
                for key, pixels in maps.items():
                    # Uncovered pixels are background where there has to be a class.
                    wanted = pixels * (pixels != IGNORE) if kind == "coco-panoptic" else pixels
                    assert (read[key] == wanted).all(), (kind, key)
            if kind != "coco-panoptic":
                here = corners_of(kind, out, corners)
                if kind == "cityscapes":
                    # Uncovered pixels are traced before them, and come first.
                    here = {key: polygons[len(polygons) - len(corners[key]) :] for key, polygons in here.items()}
                assert here == corners, f"{kind}: corners differ"
            print(f"{kind}, shapes: read back right")


def readers(kind: str, folder: Path, names: list[str]) -> list[dict]:
    if kind == "coco-polygons":
        return [by_pycocotools(folder, names)]
    if kind == "coco":
        return [by_pycocotools(folder, names), by_datumaro(folder, "coco_instances", names)]
    if kind == "voc":
        return [by_datumaro(folder, "voc_segmentation", names), by_datumaro(folder, "voc_instance_segmentation", names)]
    if kind == "coco-panoptic":
        return [by_datumaro(folder, "coco_panoptic", names)]
    if kind in ("cvat", "datumaro"):
        return [by_datumaro(folder, kind, names)]
    if kind == "cityscapes":
        return [by_cityscapes(folder, names)]
    return [by_pillow(folder, kind, names)]


def stillroom(*args: str) -> None:
    subprocess.run(["npx", "stillroom", *args], cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    maps = label_maps()
    hashes, classes = {}, {}
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        for name in CLASSES:
            classes[name] = make(work / name, name, maps)
            stillroom("import", str(work / name), "--project", str(work / "project"))
        for kind in FORMATS:
            name = "City" if kind == "cityscapes" else "Streets"
            out = work / kind
            stillroom("export", "--format", kind, "--data", name, "--images", "--out", str(out), "--project", str(work / "project"))
            for read in readers(kind, out, CLASSES[name]):
                wanted = {(split, key.replace("/", "_")): pixels for (split, key), pixels in maps.items()}
                assert read.keys() == wanted.keys(), (kind, sorted(read))
                for key, pixels in wanted.items():
                    wrong = int((read[key] != pixels).sum())
                    assert wrong == 0, f"{kind}, {key}: {wrong} pixels differ"
            print(f"{kind}: read back right")
            files = [file for file in sorted(out.rglob("*")) if file.is_file() and not any(part in ("images", "JPEGImages", "leftImg8bit") for part in file.parts)]
            hashes[kind] = {
                str(file.relative_to(out)): hashlib.sha256(file.read_bytes()).hexdigest()
                for file in files
                if not (kind == "labelme" and file.suffix == ".png")
            }
        shapes(work)
    golden = {
        "width": W,
        "height": H,
        "classes": classes,
        "items": [
            {"split": split, "name": key, "rows": ["".join("." if one == IGNORE else "abcde"[one] for one in row) for row in pixels]}
            for (split, key), pixels in maps.items()
        ],
        "files": hashes,
    }
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    GOLDEN.write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    environment = Path(os.environ.get("STILLROOM_EXPORT_ORACLES", Path.home() / ".cache" / "stillroom" / "oracles" / "exports"))
    python = environment / "bin" / "python"
    if Path(sys.prefix).resolve() != environment.resolve():
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        os.execv(str(python), [str(python), *sys.argv])
    main()
