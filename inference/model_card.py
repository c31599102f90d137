"""What a model's card says for people: use, limits, licence, measured figures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import ModelError
from analysis.wording import words


@dataclass(frozen=True, slots=True)
class ModelCard:
    """The part of ``card.json`` that a person reads before using a model.

    Parameters
    ----------
    name, version, sha256, licence
        Identity, and the licence of the weights.
    summary, intended_use
        One sentence each.
    not_measured
        Where nobody has measured the model.
    figures
        (what was measured on what, figure) as the card states them.
    """

    name: str
    version: str
    sha256: str
    licence: str
    summary: str = ""
    intended_use: str = ""
    not_measured: tuple[str, ...] = ()
    figures: tuple[tuple[str, str], ...] = ()


def read_card(folder: Path) -> ModelCard:
    """Read the card of the model in ``folder``.

    Raises
    ------
    ModelError
        If it is missing or does not name the model.
    """
    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        return ModelCard(
            name=str(card["name"]),
            version=str(card["version"]),
            sha256=str(card["sha256"]),
            licence=str(card["licence"]),
            summary=str(card.get("summary", "")),
            intended_use=str(card.get("intended_use", "")),
            not_measured=tuple(str(place) for place in card.get("not_measured", ())),
            figures=tuple(_figures("", card.get("metrics", {}))),
        )
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(
            words(
                "The description of the model in %(folder)s cannot be read (%(problem)s); "
                "install the model again.",
                folder=folder.name,
                problem=str(error),
            ),
            code="model-card-invalid",
        ) from error


def _figures(path: str, node: dict[str, Any]) -> list[tuple[str, str]]:
    """Return every number below ``node`` with the names that lead to it.

    Examples
    --------
    >>> _figures("", {"real": {"torso_ct": {"liver_dice": 0.85}, "measured_on": "one scan"}})
    [('real, torso ct, liver dice', '0.85')]
    """
    found = []
    for key, value in node.items():
        name = f"{path}, {key}".removeprefix(", ").replace("_", " ")
        if isinstance(value, dict):
            found += _figures(name, value)
        elif isinstance(value, int | float):
            found.append((name, f"{value:g}"))
        elif isinstance(value, list):
            found.append((name, " to ".join(f"{each:g}" for each in value)))
    return found
