"""``python -m inference.check_model FOLDER``: whether a model can be run here, on one empty tile.

A process of its own, so that a file that upsets the engine costs nobody else. Exit status 0, or 2
with one sentence on standard error.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from analysis.errors import AnalysisError, ModelError
from inference.catalogue import ModelSpec, load_spec
from inference.session import Device, open_session


def require_usable(spec: ModelSpec) -> None:
    """Run a model once and hold its answer to its card.

    Parameters
    ----------
    spec
        The model; its checksum is verified first.

    Raises
    ------
    ModelError
        If the file is altered, cannot be run, or does not give finite logits (1, class, *tile)
        with a channel for every label of the card.
    """
    tile = spec.recipe.tile
    try:
        logits = open_session(spec, Device.CPU).run(np.zeros((1, 1, *tile), np.float32))
    except (RuntimeError, ValueError) as error:
        raise _not_usable(f"it does not take one image of {tile} voxels ({error})") from error
    if logits.ndim != 5 or logits.shape[2:] != tile:
        raise _not_usable(f"it answers with an array of the shape {logits.shape}")
    if logits.shape[1] <= max(channel for channel, _ in spec.labels):
        raise _not_usable(f"it has {logits.shape[1]} channels, fewer than its card names")
    if not np.isfinite(logits).all():
        raise _not_usable("its answer to an empty image is not a number")


def _not_usable(reason: str) -> ModelError:
    return ModelError(
        f"The model cannot be used: {reason}. It was not installed.", code="model-unusable"
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    (folder,) = sys.argv[1:] if arguments is None else arguments
    try:
        require_usable(load_spec(Path(folder)))
    except AnalysisError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
