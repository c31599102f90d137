"""Segment the liver and its eight Couinaud segments on the image's own grid."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from analysis.anatomy import BY_KEY
from analysis.errors import EmptySegmentation
from analysis.segmentation import ModelUse, Segmentation
from analysis.volume import Geometry, LabelMap, Volume
from inference.catalogue import ModelSpec, find
from inference.postprocessing import (
    Box,
    confidence_findings,
    expected_dice,
    filled,
    largest_component,
    one_piece_each,
    segment_findings,
)
from inference.preprocessing import prepare, resample
from inference.session import Device, Precision, Session, open_session
from inference.sliding_window import predict, tile_size

LEAST_LIVER_ML = 100.0
MARGIN_VOXELS = 2
Array = npt.NDArray[np.float32]
T = TypeVar("T", bound=np.generic)


def _network_probabilities(
    volume: Volume, spec: ModelSpec, session: Session
) -> tuple[Array, Geometry]:
    prepared = prepare(volume, spec.spacing_mm, spec.normalisation)
    tile = tile_size(prepared.geometry.shape, spec.tile, spec.divisor)
    return predict(prepared.image, session.run, tile), prepared.geometry


def _liver_on_network_grid(liver: Array, geometry: Geometry) -> npt.NDArray[np.bool_]:
    mask = largest_component(liver > 0.5)
    if np.count_nonzero(mask) * geometry.voxel_volume_ml < LEAST_LIVER_ML:
        raise EmptySegmentation(
            "No liver was found in the images. Check that the series shows the upper abdomen; "
            "if it does, send it again with the whole liver in view.",
            code="no-liver",
        )
    return mask


def _box_of(mask: npt.NDArray[np.bool_], source: Geometry, target: Geometry) -> Box:
    index = np.argwhere(mask)
    low, high = index.min(axis=0) - MARGIN_VOXELS, index.max(axis=0) + MARGIN_VOXELS
    corners = np.stack(np.meshgrid(*zip(low, high, strict=True), indexing="ij"), -1).reshape(-1, 3)
    to_target = np.linalg.inv(target.affine) @ source.affine
    moved = corners @ to_target[:3, :3].T + to_target[:3, 3]
    start = np.clip(np.floor(moved.min(axis=0)), 0, np.array(target.shape) - 1).astype(int)
    stop = np.clip(np.ceil(moved.max(axis=0)) + 1, start + 1, target.shape).astype(int)
    return Box(
        (int(start[0]), int(start[1]), int(start[2])), (int(stop[0]), int(stop[1]), int(stop[2]))
    )


def _block_geometry(geometry: Geometry, box: Box) -> Geometry:
    affine = geometry.affine.copy()
    affine[:3, 3] = geometry.affine[:3, :3] @ np.array(box.start) + geometry.affine[:3, 3]
    return Geometry(box.shape, affine)


def _labels_in_block(
    probabilities: Array, spec: ModelSpec, source: Geometry, block: Geometry
) -> tuple[npt.NDArray[np.uint8], Array]:
    """Return the most probable segment of each voxel and the probability of any segment."""
    best = np.full(block.shape, -1.0, np.float32)
    labels = np.zeros(block.shape, np.uint8)
    liver = np.zeros(block.shape, np.float32)
    for channel, key in spec.labels:
        probability = resample(probabilities[channel], source, block)
        better = probability > best
        best[better] = probability[better]
        labels[better] = BY_KEY[key].label
        liver += probability
    return labels, liver


def _whole(block: npt.NDArray[T], box: Box, shape: tuple[int, int, int]) -> npt.NDArray[T]:
    result = np.zeros(shape, block.dtype)
    result[box.slices] = block
    return result


def segment_liver(
    volume: Volume,
    *,
    device: Device | str = Device.AUTO,
    threads: int | None = None,
    precision: Precision = Precision.FLOAT32,
    spec: ModelSpec | None = None,
) -> Segmentation:
    """Find the liver and its Couinaud segments in one MR (or CT) volume.

    Parameters
    ----------
    volume
        Any orientation and spacing; at least 3 slices and 20 mm.
    device
        "auto", "cpu" or "cuda"; what is asked for is what is used.
    threads
        CPU threads, or None for all.
    precision
        Arithmetic on the CPU.
    spec
        The model, or None for the newest installed one.

    Returns
    -------
    Labels, uncertainty (both (i, j, k) on the grid of ``volume``), confidence and findings.

    Raises
    ------
    EmptySegmentation
        If no liver of at least 100 ml is found.
    UnsupportedAcquisition, UnusableInput
        If the image cannot hold a liver.
    ModelError
        If the model is missing, altered or cannot run on the device.
    """
    spec = find() if spec is None else spec
    session = open_session(spec, Device(device), threads=threads, precision=precision)
    probabilities, source = _network_probabilities(volume, spec, session)
    channels = [channel for channel, _ in spec.labels]
    liver_probability: Array = probabilities[channels].sum(axis=0)
    found = _liver_on_network_grid(liver_probability, source)
    confidence = expected_dice(liver_probability, found)
    box = _box_of(found, source, volume.geometry)
    raw, liver = _labels_in_block(
        probabilities, spec, source, _block_geometry(volume.geometry, box)
    )
    mask = filled(largest_component(liver > 0.5))
    consistent = one_piece_each(np.where(mask, raw, 0).astype(np.uint8), mask)
    labels = LabelMap(_whole(consistent, box, volume.geometry.shape), volume.geometry)
    doubt = _whole(np.minimum(liver, 1 - liver), box, volume.geometry.shape)
    return Segmentation(
        labels=labels,
        confidence=confidence,
        uncertainty=doubt,
        models=(ModelUse(spec.name, spec.version, spec.sha256, session.engine, session.device),),
        findings=(*confidence_findings(confidence), *segment_findings(labels)),
    )
