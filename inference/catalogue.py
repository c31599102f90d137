"""The models that Lobule can run: one card a model, read into a typed specification.

A model lives in ``inference/models/<name>/<version>/`` as ``model.onnx`` and ``card.json``; the
card says how images must look, what the labels mean, and where the model was and was not measured.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.anatomy import BY_KEY
from analysis.errors import ModelError
from analysis.wording import words
from inference.recipes import Recipe, recipe_of

MODELS_FOLDER = Path(__file__).parent / "models"
DEFAULT_MODEL = "liver-segments"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")
_VERSION = re.compile(r"\d{1,4}(\.\d{1,4}){0,3}")


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What is needed to run a model and to say what it is.

    Parameters
    ----------
    name, version, sha256
        Identity; ``sha256`` is that of the ONNX file.
    path
        The ONNX file.
    recipe
        How the image is prepared and the answer brought back.
    labels
        (output channel, region key) pairs; other channels are background or auxiliary.
    licence
        Of the weights.
    locator
        The coarser model that finds the liver first, if this one looks at the liver only.
    """

    name: str
    version: str
    sha256: str
    path: Path
    recipe: Recipe
    labels: tuple[tuple[int, str], ...]
    licence: str
    locator: ModelSpec | None = None

    def __post_init__(self) -> None:
        if self.locator is not None and self.locator.labels != self.labels:
            raise ValueError("the locator names other labels")
        unknown = [key for _, key in self.labels if key not in BY_KEY]
        if unknown or not self.labels:
            raise ValueError(f"labels name unknown regions: {unknown}")


def _spec(card: dict[str, Any], folder: Path) -> ModelSpec:
    return ModelSpec(
        name=str(card["name"]),
        version=str(card["version"]),
        sha256=str(card["sha256"]),
        path=folder / "model.onnx",
        recipe=recipe_of(card),
        labels=tuple((int(value), str(key)) for value, key in card["labels"].items()),
        licence=str(card["licence"]),
        locator=_locator(card.get("locator"), folder),
    )


def _locator(stated: dict[str, Any] | None, folder: Path) -> ModelSpec | None:
    """Return the model that a card names as its locator: installed beside it, or shipped."""
    if stated is None:
        return None
    name, version = str(stated["name"]), str(stated["version"])
    if not is_identity(name, version):
        raise ValueError(f"{name!r} {version!r} cannot be a locator's name and version")
    roots = (folder.parent.parent, MODELS_FOLDER)
    folders = (root / name / version for root in roots)
    found = next((each for each in folders if (each / "card.json").exists()), None)
    if found is None:
        raise ModelError(
            words(
                "The model %(name)s %(version)s, which finds the liver first, is not "
                "installed; install it before this one.",
                name=name,
                version=version,
            ),
            code="model-locator-missing",
        )
    card = _card(found)
    if "locator" in card:
        raise ValueError(f"{name} {version}, the locator, needs a locator itself")
    return _spec(card, found)


def is_identity(name: str, version: str) -> bool:
    """Return whether a model may be called so: both are names of folders."""
    return bool(_NAME.fullmatch(name)) and bool(_VERSION.fullmatch(version))


def _card(folder: Path) -> dict[str, Any]:
    card: dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    return card


def load_spec(folder: Path) -> ModelSpec:
    """Read the card of one model.

    Parameters
    ----------
    folder
        ``models/<name>/<version>``.

    Raises
    ------
    ModelError
        If the card is missing or incomplete, or the model's locator is not installed.
    """
    try:
        return _spec(_card(folder), folder)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ModelError(
            words(
                "The description of the model in %(folder)s cannot be read (%(problem)s); "
                "install the model again.",
                folder=folder.name,
                problem=str(error),
            ),
            code="model-card-invalid",
        ) from error


def _version_key(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in folder.name.split("."))


def model_folders(*roots: Path) -> tuple[Path, ...]:
    """Return the folders ``<root>/<name>/<version>`` that hold a card, oldest version first."""
    folders = [card.parent for root in roots for card in root.glob("[!.]*/[!.]*/card.json")]
    return tuple(sorted(folders, key=lambda f: (f.parent.name, _version_key(f))))


def available(*roots: Path) -> tuple[ModelSpec, ...]:
    """Return the specifications of all installed models, by name, oldest version first.

    Parameters
    ----------
    roots
        Folders of models; without any, the one of the models that Lobule ships.
    """
    return tuple(load_spec(folder) for folder in model_folders(*roots or (MODELS_FOLDER,)))


def find(name: str = DEFAULT_MODEL, version: str = "", *roots: Path) -> ModelSpec:
    """Return one model, the newest version unless one is named.

    Parameters
    ----------
    name, version
        Which.
    roots
        Folders of models; without any, the one of the models that Lobule ships.

    Raises
    ------
    ModelError
        If it is not installed.
    """
    matches = [s for s in available(*roots) if s.name == name and version in ("", s.version)]
    if not matches:
        raise ModelError(
            words(
                "The segmentation model %(model)s is not installed; ask the administrator to "
                "install it.",
                model=f"{name} {version}".strip(),
            ),
            code="model-missing",
        )
    return matches[-1]
