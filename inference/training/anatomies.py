"""Bodies to train on: every real liver set into a body context that was registered to it.

``python -m inference.training.anatomies --data ../shared/data --out .local/anatomies.npz``
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.volume import Geometry
from inference.training.cache import ANATOMY_SPACING_MM, Anatomy, save_anatomies
from inference.training.livers import LIVER_SPACING_MM, load_livers, read_all, save_livers
from inference.training.registration import Match, match_livers, points_of, sample
from inference.training.tissue_map import TissueMap, axis_aligned, resample_labels
from inference.training.torso_context import LIVER, torso_tissues
from inference.training.upper_body import extend_upwards
from inference.training.visible_human import visible_human_tissues

CHEST_HEIGHT_MM = 108.0


@dataclass(frozen=True, slots=True)
class BodyContext:
    """A body that livers can be set into: its name and how it is made from the data folder."""

    name: str
    build: Callable[[Path], TissueMap]


def _torso(data: Path) -> TissueMap:
    return extend_upwards(torso_tissues(data / "torso_ct"), CHEST_HEIGHT_MM)


def _male(data: Path) -> TissueMap:
    return visible_human_tissues(data / "visible_human" / "male")


def _female(data: Path) -> TissueMap:
    return visible_human_tissues(data / "visible_human" / "female")


CONTEXTS: tuple[BodyContext, ...] = (
    BodyContext("torso-ct", _torso),
    BodyContext("visible-male", _male),
    BodyContext("visible-female", _female),
)


def body_grid(match: Match, context: Geometry, spacing_mm: float) -> Geometry:
    """Return the patient's grid that holds the whole context after the box match."""
    scale = match.patient.extent_mm / match.context.extent_mm
    ends = np.array([np.zeros(3), np.subtract(context.shape, 1)])
    corners = context.affine[:3, 3] + ends * np.asarray(context.spacing_mm)
    low, high = match.patient.centre_mm + (corners - match.context.centre_mm) * scale
    sizes = np.floor((high - low) / spacing_mm).astype(int) + 1
    return axis_aligned((int(sizes[0]), int(sizes[1]), int(sizes[2])), low, spacing_mm)


def _fill_with_nearest(body: npt.NDArray[np.uint8], gone: npt.NDArray[np.bool_]) -> None:
    """Give every voxel that is gone the value of the nearest one that is not, in place.

    The nearest lies inside the box around what is gone, grown by a voxel.
    """
    if not gone.any():
        return
    box = tuple(
        slice(max(part.start - 1, 0), part.stop + 1)
        for part in ndimage.find_objects(gone.astype(np.uint8))[0]
    )
    nearest = ndimage.distance_transform_edt(gone[box], return_distances=False, return_indices=True)
    body[box] = body[box][tuple(nearest)]


def place_liver(liver: TissueMap, context: TissueMap, match: Match, spacing_mm: float) -> TissueMap:
    """Draw a context around a real liver.

    What is left of the context's own liver beside the real one becomes the nearest other tissue.

    Parameters
    ----------
    liver
        Values 1-8 and 41-48.
    context
        Tissue values, with its own liver as one value.
    match
        How the two livers lie on one another.
    spacing_mm
        Spacing of the result.
    """
    grid = body_grid(match, context.geometry, spacing_mm)
    points = match.to_context(points_of(grid))
    body = np.array(sample(context.labels, context.geometry, points, order=0), dtype=np.uint8)
    _fill_with_nearest(body, body == LIVER)
    real = resample_labels(liver, grid).labels
    return TissueMap(np.where(real > 0, real, body), grid)


def build_anatomies(
    livers: dict[str, TissueMap], contexts: dict[str, TissueMap], spacing_mm: float
) -> Iterator[Anatomy]:
    """Yield every liver in every context."""
    for name, context in contexts.items():
        own = context.labels == LIVER
        for patient, liver in livers.items():
            match = match_livers(liver.labels > 0, liver.geometry, own, context.geometry)
            body = place_liver(liver, context, match, spacing_mm)
            print(f"{name} {patient} overlap {match.overlap:.3f} {body.geometry}", flush=True)
            yield Anatomy(patient, name, body)


def main() -> None:
    """Build the cache of anatomies, reading the livers first where that was not yet done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(".local/anatomies.npz"))
    parser.add_argument("--livers", type=Path, default=Path(".local/livers.npz"))
    parser.add_argument("--contexts", nargs="+", default=[context.name for context in CONTEXTS])
    parser.add_argument("--spacing-mm", type=float, default=ANATOMY_SPACING_MM)
    options = parser.parse_args()
    if not options.livers.exists():
        save_livers(options.livers, read_all(options.data, LIVER_SPACING_MM))
    chosen = [context for context in CONTEXTS if context.name in options.contexts]
    contexts = {context.name: context.build(options.data) for context in chosen}
    built = build_anatomies(load_livers(options.livers), contexts, options.spacing_mm)
    print(save_anatomies(options.out, built), "anatomies in", options.out)


if __name__ == "__main__":
    main()
