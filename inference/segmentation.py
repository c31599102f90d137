"""Segment the liver and its eight Couinaud segments on the image's own grid."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.segmentation import ModelUse, Segmentation
from analysis.volume import LabelMap, Volume
from inference.catalogue import ModelSpec, find
from inference.monai_prediction import predict_like_monai
from inference.nnunet_prediction import predict_like_nnunet
from inference.percentile_prediction import predict_on_patient_axes
from inference.plausibility import require_anatomy
from inference.postprocessing import (
    box_around,
    confidence_findings,
    filled,
    largest_component,
    one_piece_each,
    segment_findings,
)
from inference.prediction import Prediction, Run, require_liver
from inference.preprocessing import require_segmentable
from inference.recipes import MonaiRecipe, NnunetRecipe
from inference.session import Device, Precision, open_session


def predict_segments(volume: Volume, spec: ModelSpec, run: Run) -> Prediction:
    """Return what a model says, by the recipe of its card, before it is made consistent.

    Parameters
    ----------
    volume
        Any orientation and spacing.
    spec
        The model.
    run
        The network: one float32 tile (1, 1, ...) to logits (1, class, ...).
    """
    if isinstance(spec.recipe, NnunetRecipe):
        return predict_like_nnunet(volume, spec.recipe, spec.labels, run)
    if isinstance(spec.recipe, MonaiRecipe):
        return predict_like_monai(volume, spec.recipe, spec.labels, run)
    return predict_on_patient_axes(volume, spec.recipe, spec.labels, run)


def _consistent(prediction: Prediction) -> npt.NDArray[np.uint8]:
    """Return one liver without holes, each segment one piece, 0 outside."""
    liver = largest_component(prediction.mask)
    box = box_around(liver)
    mask = filled(liver[box.slices])
    labels = np.zeros(prediction.mask.shape, np.uint8)
    raw = np.where(mask, prediction.segments[box.slices], 0).astype(np.uint8)
    labels[box.slices] = one_piece_each(raw, mask)
    return labels


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
        If the image is a uniform object or noise, or no liver of at least 100 ml is found.
    UnsupportedAcquisition, UnusableInput
        If the image cannot hold a liver.
    ModelError
        If the model is missing, altered or cannot run on the device.
    """
    require_segmentable(volume)
    require_anatomy(volume)
    spec = find() if spec is None else spec
    session = open_session(spec, Device(device), threads=threads, precision=precision)
    prediction = predict_segments(volume, spec, session.run)
    require_liver(prediction.mask, volume.geometry.voxel_volume_ml)
    labels = LabelMap(_consistent(prediction), volume.geometry)
    return Segmentation(
        labels=labels,
        confidence=prediction.confidence,
        uncertainty=np.minimum(prediction.liver, 1 - prediction.liver),
        models=(ModelUse(spec.name, spec.version, spec.sha256, session.engine, session.device),),
        findings=(*confidence_findings(prediction.confidence), *segment_findings(labels)),
    )
