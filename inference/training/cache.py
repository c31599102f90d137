"""The file of anatomies that travels to the training machine: label arrays only, numpy only.

A stored value is a tissue of ``analysis.simulation.tissues``, or 40 + s for a hepatic vessel that
runs inside Couinaud segment s: its tissue is ``hepatic_vessel``, its segment is s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.simulation.tissues import BY_NAME, LIVER_SEGMENT_VALUES
from analysis.volume import Geometry
from inference.training.tissue_map import TissueMap

VESSEL_OFFSET = 40
ANATOMY_SPACING_MM = 4.0
"""Voxel size of anatomies, of simulated images and of the network's input."""


def _tables() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    segment, tissue = np.zeros(256, np.uint8), np.arange(256, dtype=np.uint8)
    for number in LIVER_SEGMENT_VALUES:
        segment[[number, VESSEL_OFFSET + number]] = number
        tissue[VESSEL_OFFSET + number] = BY_NAME["hepatic_vessel"].value
    segment.setflags(write=False)
    tissue.setflags(write=False)
    return segment, tissue


SEGMENT_OF, TISSUE_OF = _tables()
"""(256,) uint8 each: the Couinaud segment (0 = none) and the tissue of every stored value."""


@dataclass(frozen=True, slots=True, eq=False)
class Anatomy:
    """A real liver inside a body.

    Parameters
    ----------
    patient
        Whose liver it is.
    context
        Whose body it lies in.
    body
        Stored values on an axis-aligned RAS grid.
    """

    patient: str
    context: str
    body: TissueMap

    @property
    def segments(self) -> npt.NDArray[np.uint8]:
        """(i, j, k) uint8: Couinaud segments 1-8, else 0."""
        return SEGMENT_OF[self.body.labels]

    @property
    def tissues(self) -> npt.NDArray[np.uint8]:
        """(i, j, k) uint8: values of the tissue table."""
        return TISSUE_OF[self.body.labels]


def save_anatomies(path: Path, anatomies: Iterable[Anatomy]) -> int:
    """Write anatomies into one compressed file and return how many there were."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    for anatomy in anatomies:
        name = f"{anatomy.context}/{anatomy.patient}"
        arrays[f"{name}/labels"] = anatomy.body.labels
        arrays[f"{name}/affine"] = anatomy.body.geometry.affine
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays)
    return len(arrays) // 2


def load_anatomies(path: Path) -> tuple[Anatomy, ...]:
    """Read every anatomy of a file, in the order in which they were written."""
    with np.load(path) as stored:
        names = [name.removesuffix("/labels") for name in stored.files if name.endswith("/labels")]
        return tuple(
            _anatomy(name, stored[f"{name}/labels"], stored[f"{name}/affine"]) for name in names
        )


def _anatomy(name: str, labels: npt.NDArray[np.uint8], affine: npt.NDArray[np.float64]) -> Anatomy:
    context, patient = name.split("/")
    shape = (labels.shape[0], labels.shape[1], labels.shape[2])
    return Anatomy(patient, context, TissueMap(labels, Geometry(shape, affine)))
