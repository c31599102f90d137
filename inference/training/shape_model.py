"""The mean abdomen and how abdomens differ: what the simulator draws its subjects from.

Computed from the training patients' Couinaud maps (MIT) registered to the torso CT's labels
(Apache-2.0). Nothing of a single patient is kept but the torso's surroundings.

``python -m inference.training.shape_model --data ../shared/data``
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.simulation.tissues import LIVER_SEGMENT_VALUES
from analysis.volume import Geometry
from inference.training.anatomies import CHEST_HEIGHT_MM
from inference.training.cache import SEGMENT_OF
from inference.training.livers import load_livers
from inference.training.registration import (
    Array,
    Match,
    box_of,
    match_livers,
    points_of,
    sample,
    sample_field,
)
from inference.training.split import SPLIT_SEED, training_patients
from inference.training.tissue_map import TissueMap, axis_aligned, largest_component
from inference.training.torso_context import LIVER, torso_tissues
from inference.training.upper_body import extend_upwards

TEMPLATE_SPACING_MM = 3.0
CONTROL_SPACING_MM = 16.0
MODES = 8
ABOVE_MM, BELOW_MM = 44.0, 64.0
NEAR_LIVER_MM, FAR_WEIGHT = 50.0, 0.1

CARD = {
    "name": "abdomen",
    "version": "0.1.0",
    "what": "mean abdomen in tissue codes with principal modes of shape, for simulation",
    "labels": "uint8 (i, j, k), values of analysis.simulation.tissues; liver segments 1-8 are the "
    "average of the registered training patients, not one person",
    "affine": "(4, 4) voxel index of labels to RAS mm; the frame's origin is the grid's middle",
    "modes": "int8 (mode, 3, i, j, k); times mode_scale = displacement in mm along R, A, S for "
    "one standard deviation",
    "control_affine": "(4, 4) voxel index of modes to RAS mm, same frame as labels",
    "explained": "share of the variance near the liver that each mode explains",
    "warp": "backward: the subject's tissue at point x is the template's tissue at x + u(x), "
    "u(x) = sum over modes of coefficient * mode_scale * mode(x), interpolated linearly between "
    "control points; coefficients are standard normal, keep them within about +-2; above and below "
    "the template repeat its end slices",
    "limits": "surroundings come from one torso CT; what lies above the liver's middle (chest "
    "wall, lungs, heart, organ domes) is drawn, not measured",
    "data": [
        {
            "name": "Couinaud segment maps of LiTS and 3D-IRCADb livers",
            "source": "github.com/xukun-zhang/Couinaud-Segmentation (Zhang X. et al., MICCAI 2023)",
            "licence": "MIT",
        },
        {
            "name": "TotalSegmentator test CT and labels",
            "source": "github.com/wasserth/TotalSegmentator",
            "licence": "Apache-2.0",
        },
    ],
    "licence": "Apache-2.0",
}


@dataclass(frozen=True, slots=True, eq=False)
class ShapeModes:
    """Mean displacement and principal modes on a control grid.

    Parameters
    ----------
    grid
        Control grid in the context's frame.
    mean
        (3, i, j, k) mm, from the common frame to the context.
    modes
        (mode, 3, i, j, k) mm for one standard deviation.
    explained
        (mode,) share of the variance near the liver.
    """

    grid: Geometry
    mean: Array
    modes: Array
    explained: Array


def displacement(match: Match, grid: Geometry) -> Array:
    """Return context point minus common-frame point, (3, i, j, k) mm.

    The common frame is the patient's, shifted so that the two livers' boxes share their centre.
    """
    points = points_of(grid)
    in_patient = points - match.context.centre_mm + match.patient.centre_mm
    return np.moveaxis(match.to_context(in_patient) - points, -1, 0)


def principal_modes(fields: Array, weights: Array, count: int) -> tuple[Array, Array, Array]:
    """Return mean, modes for one standard deviation, and the explained shares.

    Parameters
    ----------
    fields
        (patient, 3, i, j, k) mm.
    weights
        (i, j, k) how much a point counts when the modes are chosen.
    count
        Number of modes.
    """
    mean = fields.mean(axis=0)
    centred = (fields - mean).reshape(len(fields), -1)
    importance = np.sqrt(np.broadcast_to(weights, fields.shape[1:])).ravel()
    scores, sizes, _ = np.linalg.svd(centred * importance, full_matrices=False)
    standard = scores[:, :count] * np.sqrt(len(fields))
    modes = (standard.T @ centred / len(fields)).reshape(count, *fields.shape[1:])
    return mean, modes, (sizes**2 / (sizes**2).sum())[:count]


def near_liver(grid: Geometry, context: TissueMap) -> Array:
    """Return 1 within 50 mm of the context's liver, 0.1 farther away, (i, j, k)."""
    spacing = context.geometry.spacing_mm
    distance = ndimage.distance_transform_edt(context.labels != LIVER, sampling=spacing)
    close = sample(distance, context.geometry, points_of(grid), order=1) < NEAR_LIVER_MM
    return np.where(close, 1.0, FAR_WEIGHT)


def fit_modes(matches: list[Match], context: TissueMap) -> ShapeModes:
    """Return the shape model of all matches on a control grid that covers the context."""
    extent = np.multiply(context.labels.shape, context.geometry.spacing_mm)
    sizes = np.ceil(extent / CONTROL_SPACING_MM).astype(int) + 1
    shape = (int(sizes[0]), int(sizes[1]), int(sizes[2]))
    grid = axis_aligned(shape, context.origin_mm, CONTROL_SPACING_MM)
    fields = np.stack([displacement(match, grid) for match in matches])
    mean, modes, explained = principal_modes(fields, near_liver(grid, context), MODES)
    return ShapeModes(grid, mean, modes, explained)


def mean_liver(
    points_in_context: Array, matches: list[Match], livers: list[TissueMap]
) -> npt.NDArray[np.uint8]:
    """Return the segments that most patients have at points of the context, (i, j, k) uint8.

    Parameters
    ----------
    points_in_context
        (i, j, k, 3) mm.
    matches, livers
        The patients.
    """
    shares = np.zeros((9, *points_in_context.shape[:3]), dtype=np.float32)
    for match, liver in zip(matches, livers, strict=True):
        points = match.to_patient(points_in_context)
        segments = sample(SEGMENT_OF[liver.labels], liver.geometry, points, order=0)
        for value in LIVER_SEGMENT_VALUES:
            shares[value] += segments == value
    shares = np.stack([ndimage.gaussian_filter(share, 0.8) for share in shares]) / len(livers)
    inside = largest_component(ndimage.binary_fill_holes(shares[1:].sum(axis=0) > 0.5))
    return np.where(inside, 1 + shares[1:].argmax(axis=0), 0).astype(np.uint8)


def template(
    modes: ShapeModes, context: TissueMap, matches: list[Match], livers: list[TissueMap]
) -> TissueMap:
    """Return the mean abdomen: the context bent to the mean shape, with the mean liver inside."""
    field = np.moveaxis(modes.mean, 0, -1).astype(np.float32)
    extent = np.multiply(context.labels.shape, context.geometry.spacing_mm)
    sizes = np.floor(extent / TEMPLATE_SPACING_MM).astype(int)
    shape = (int(sizes[0]), int(sizes[1]), int(sizes[2]))
    grid = axis_aligned(shape, context.origin_mm, TEMPLATE_SPACING_MM)
    points = points_of(grid)
    points = points + sample_field(field, modes.grid, points)
    tissues = np.asarray(sample(context.labels, context.geometry, points, order=0))
    own = tissues == LIVER
    nearest = ndimage.distance_transform_edt(own, return_distances=False, return_indices=True)
    liver = mean_liver(points, matches, livers)
    tissues = np.where(liver > 0, liver, tissues[tuple(nearest)]).astype(np.uint8)
    return _cut(TissueMap(tissues, grid))


def _cut(body: TissueMap) -> TissueMap:
    """Keep the whole cross-section from below the liver's tip to above its dome."""
    liver = np.isin(body.labels, LIVER_SEGMENT_VALUES)
    box, spacing = box_of(liver, body.geometry), body.geometry.spacing_mm[2]
    low = (box.centre_mm[2] - box.extent_mm[2] / 2 - BELOW_MM - body.origin_mm[2]) / spacing
    high = (box.centre_mm[2] + box.extent_mm[2] / 2 + ABOVE_MM - body.origin_mm[2]) / spacing
    start, stop = max(int(np.floor(low)), 0), int(np.ceil(high)) + 1
    labels = body.labels[..., start:stop]
    return TissueMap(
        labels, axis_aligned(labels.shape, body.origin_mm + [0, 0, start * spacing], spacing)
    )


def save_model(body: TissueMap, modes: ShapeModes, out: Path) -> None:
    """Write the template and its modes, in a frame whose origin is the template's middle."""
    middle = body.geometry.affine @ [*(np.subtract(body.labels.shape, 1) / 2), 1]
    shift = np.eye(4)
    shift[:3, 3] = -middle[:3]
    scale = np.abs(modes.modes).max(axis=(1, 2, 3, 4)) / 127
    np.savez_compressed(
        out,
        labels=body.labels,
        affine=shift @ body.geometry.affine,
        modes=np.round(modes.modes / scale[:, None, None, None, None]).astype(np.int8),
        mode_scale=scale,
        control_affine=shift @ modes.grid.affine,
        explained=modes.explained,
    )


def main() -> None:
    """Build the model and its card from the data folder and the file of livers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--livers", type=Path, default=Path(".local/livers.npz"))
    parser.add_argument("--out", type=Path, default=Path("analysis/simulation/abdomen.npz"))
    options = parser.parse_args()
    context = extend_upwards(torso_tissues(options.data / "torso_ct"), CHEST_HEIGHT_MM)
    livers = load_livers(options.livers)
    patients = training_patients(livers)
    own = context.labels == LIVER
    matches = [
        match_livers(livers[name].labels > 0, livers[name].geometry, own, context.geometry)
        for name in patients
    ]
    modes = fit_modes(matches, context)
    body = template(modes, context, matches, [livers[name] for name in patients])
    save_model(body, modes, options.out)
    card = {
        **CARD,
        "patients": len(patients),
        "split_seed": SPLIT_SEED,
        "mean_overlap": round(float(np.mean([match.overlap for match in matches])), 4),
        "explained_values": [round(float(share), 4) for share in modes.explained],
    }
    options.out.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
