"""A tiny ONNX network whose answer is known: the class whose level is nearest to the intensity."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from analysis.quantities import MR_SIGNAL
from analysis.volume import Geometry, Volume
from inference.catalogue import ModelSpec, load_spec

CLASSES = 9


def write_level_network(path: Path) -> None:
    """Logit of class c is -400 (image - c/8)^2: intensity c/8 means label c."""
    levels = (np.arange(CLASSES, dtype=np.float32) / 8).reshape(1, CLASSES, 1, 1, 1)
    nodes = [
        helper.make_node("Sub", ["image", "levels"], ["difference"]),
        helper.make_node("Mul", ["difference", "difference"], ["square"]),
        helper.make_node("Mul", ["square", "slope"], ["logits"]),
    ]
    shape = [1, 1, "x", "y", "z"]
    graph = helper.make_graph(
        nodes,
        "levels",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, CLASSES, "x", "y", "z"])],
        [
            numpy_helper.from_array(levels, "levels"),
            numpy_helper.from_array(np.float32(-400.0), "slope"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.save(model, str(path))


def write_card(folder: Path, **changes: object) -> None:
    card: dict[str, object] = {
        "name": "levels",
        "version": "1.0.0",
        "sha256": hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest(),
        "spacing_mm": 4.0,
        "orientation": "RAS",
        "normalisation": {"kind": "percentile", "lower": 0, "upper": 100, "mask": "all"},
        "divisor": 8,
        "patch": [32, 32, 24],
        "labels": {str(n): f"segment_{n}" for n in range(1, 9)},
        "licence": "Apache-2.0",
    }
    (folder / "card.json").write_text(json.dumps({**card, **changes}), encoding="utf-8")


@pytest.fixture
def models_root(tmp_path: Path) -> Path:
    folder = tmp_path / "models" / "levels" / "1.0.0"
    folder.mkdir(parents=True)
    write_level_network(folder / "model.onnx")
    write_card(folder)
    return tmp_path / "models"


@pytest.fixture
def spec(models_root: Path) -> ModelSpec:
    return load_spec(models_root / "levels" / "1.0.0")


def block_liver(spacing_mm: float = 4.0) -> Volume:
    """Return eight labelled blocks, patient-wise: VIII, VII, II on top; right at large x."""
    size = round(160 / spacing_mm)
    x, y, z = np.meshgrid(*[(np.arange(size) + 0.5) * spacing_mm] * 3, indexing="ij")
    inside = (abs(x - 80) < 60) & (abs(y - 80) < 40) & (abs(z - 80) < 40)
    upper = z > 80
    labels = np.zeros(x.shape, np.float32)
    labels[inside] = 4
    right, left = x > 100, x < 60
    anterior = y > 80
    for where, top, bottom in (
        (right & anterior, 8, 5),
        (right & ~anterior, 7, 6),
        (left, 2, 3),
    ):
        labels[inside & where & upper] = top
        labels[inside & where & ~upper] = bottom
    middle_back = inside & ~right & ~left & ~anterior & (z > 60) & (z < 100)
    labels[middle_back] = 1
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    return Volume(labels / 8, Geometry((size, size, size), affine), MR_SIGNAL)
