"""Put an imported model beside the others: network and card, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from analysis.errors import ModelError, OutputFailed
from inference.catalogue import ModelSpec, load_spec
from inference.importers.onnx_file import write_onnx
from inference.recipes import MonaiRecipe, NnunetRecipe, recipe_card

VERSION = "1.0.0"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class ForeignModel:
    """A model as read from its own format, ready to be installed.

    Parameters
    ----------
    network
        float32 (1, 1, *tile) to logits (1, class, *tile).
    tile
        Size in voxels.
    recipe
        How images are prepared for it.
    labels
        Region key of each output channel that is a segment.
    origin
        What its own files say about it, kept in the card.
    """

    network: torch.nn.Module
    tile: Sequence[int]
    recipe: NnunetRecipe | MonaiRecipe
    labels: Mapping[int, str]
    origin: Mapping[str, Any]


def model_name(wanted: str) -> str:
    """Return a name that can be a folder and is easy to type.

    Raises
    ------
    ModelError
        If nothing usable is left.

    Examples
    --------
    >>> model_name("Dataset576_Liver Segments")
    'dataset576_liver-segments'
    """
    name = re.sub(r"\s+", "-", wanted.strip().lower())
    if not _NAME.fullmatch(name):
        raise ModelError(
            f"{wanted!r} cannot be the name of a model; use letters, digits and hyphens "
            "(--name liver-mr).",
            code="model-name-invalid",
        )
    return name


def _card(model: ForeignModel, name: str, licence: str, onnx: Path) -> dict[str, Any]:
    return {
        "name": name,
        "version": VERSION,
        "summary": "imported; the intended use and the limits are those of its authors",
        "sha256": hashlib.sha256(onnx.read_bytes()).hexdigest(),
        "recipe": recipe_card(model.recipe),
        "labels": {str(channel): key for channel, key in model.labels.items()},
        "licence": licence,
        "origin": dict(model.origin),
        "not_measured": ["anything: Lobule has not evaluated this model"],
    }


def install(model: ForeignModel, name: str, models_folder: Path, licence: str = "") -> ModelSpec:
    """Write an imported model as ``<models_folder>/<name>/1.0.0`` and return its specification.

    Parameters
    ----------
    model
        The model.
    name
        Under which it will be found.
    models_folder
        Of the catalogue.
    licence
        Of the weights, as its authors state it.

    Raises
    ------
    ModelError
        If a model of this name is there already, or the network cannot be converted.
    OutputFailed
        If the files cannot be written.
    """
    target = models_folder / model_name(name) / VERSION
    if target.exists():
        raise ModelError(
            f"A model named {target.parent.name} is installed already; choose another --name, or "
            "remove its folder first.",
            code="model-exists",
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".") as scratch:
            part = Path(scratch) / VERSION
            part.mkdir()
            write_onnx(model.network, model.tile, part / "model.onnx")
            card = _card(model, target.parent.name, licence or "not stated", part / "model.onnx")
            text = json.dumps(card, indent=2) + "\n"
            (part / "card.json").write_text(text, encoding="utf-8")
            load_spec(part)
            shutil.move(part, target)
    except OSError as error:
        raise OutputFailed(
            f"The model could not be written to {models_folder} ({error.strerror}); free space or "
            "choose another --models-dir.",
            code="output-failed",
            permanent=False,
        ) from error
    return load_spec(target)
