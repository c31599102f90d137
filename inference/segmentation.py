"""Segment the liver and its eight Couinaud segments on the image's own grid."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.segmentation import ModelUse, Segmentation
from analysis.volume import LabelMap, Volume
from inference.catalogue import ModelSpec, find
from inference.looks import Network
from inference.monai_prediction import predict_like_monai
from inference.nnunet_prediction import predict_like_nnunet
from inference.percentile_prediction import predict_on_patient_axes
from inference.plausibility import require_anatomy
from inference.postprocessing import (
    agreement_findings,
    box_around,
    confidence_findings,
    filled,
    largest_component,
    one_piece_each,
    segment_findings,
)
from inference.prediction import Prediction, Run, require_liver
from inference.preprocessing import require_segmentable
from inference.recipes import MonaiRecipe, NnunetRecipe, PercentileRecipe
from inference.refinement import Refinement, refine_outline
from inference.session import Device, Precision, Session, open_session

COARSE_MM = 3.0
"""The images move the outlines of networks at least this coarse: measured at 6, 4 and 3 mm."""


def predict_segments(
    views: tuple[Volume, ...], spec: ModelSpec, run: Run, locate: Run | None = None
) -> Prediction:
    """Return what a model says, by the recipe of its card, before it is made consistent.

    Parameters
    ----------
    views
        Images of one grid, any orientation and spacing. Lobule's own models see all of them;
        imported models see the first, as they were trained.
    spec
        The model.
    run, locate
        The network, and its locator's where it has one: one float32 tile (1, 1, ...) to logits
        (1, class, ...).
    """
    if isinstance(spec.recipe, NnunetRecipe):
        return predict_like_nnunet(views[0], spec.recipe, spec.labels, run)
    if isinstance(spec.recipe, MonaiRecipe):
        return predict_like_monai(views[0], spec.recipe, spec.labels, run)
    network = Network(spec.recipe, run)
    return predict_on_patient_axes(views, spec.labels, network, _locating(spec, locate))


def _locating(spec: ModelSpec, run: Run | None) -> Network | None:
    if spec.locator is None or run is None or not isinstance(spec.locator.recipe, PercentileRecipe):
        return None
    return Network(spec.locator.recipe, run)


def views_of(volume: Volume, companions: tuple[Volume, ...]) -> tuple[Volume, ...]:
    """Return what a network is shown: the image, the next one, and the root mean square of all.

    Its mistakes differ a little from view to view, so their mean is better than any of them.
    """
    if not companions:
        return (volume,)
    squares = sum(np.square(image.array) for image in (volume, *companions))
    together = np.sqrt(squares / np.float32(1 + len(companions)))
    return volume, companions[0], Volume(together, volume.geometry, volume.quantity)


def _refined(
    prediction: Prediction, spec: ModelSpec, volume: Volume, companions: tuple[Volume, ...]
) -> Refinement | None:
    """Return the outline moved to the border that the images show; None of a fine network."""
    if not isinstance(spec.recipe, PercentileRecipe) or spec.recipe.spacing_mm < COARSE_MM:
        return None
    mask = largest_component(prediction.mask)
    images = [image.array for image in (volume, *companions)]
    return refine_outline(prediction.liver, mask, images, volume.geometry)


def _consistent(prediction: Prediction, outline: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Return one liver without holes, each segment one piece, 0 outside."""
    liver = largest_component(outline)
    box = box_around(liver)
    mask = filled(liver[box.slices])
    labels = np.zeros(prediction.mask.shape, np.uint8)
    raw = np.where(mask, prediction.segments[box.slices], 0).astype(np.uint8)
    labels[box.slices] = one_piece_each(raw, mask)
    return labels


def _needed(spec: ModelSpec) -> tuple[ModelSpec, ...]:
    """Return the models of one segmentation, in the order they look; the last one draws."""
    return (spec,) if spec.locator is None else (spec.locator, spec)


def _use(spec: ModelSpec, session: Session) -> ModelUse:
    return ModelUse(spec.name, spec.version, spec.sha256, session.engine, session.device)


def segment_liver(
    volume: Volume,
    companions: tuple[Volume, ...] = (),
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
    companions
        Other images of the same body on the same grid, such as the further echoes: they show the
        liver's border where one image does not.
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
    GeometryMismatch
        If a companion lies on another grid.
    ModelError
        If the model is missing, altered or cannot run on the device.
    """
    require_segmentable(volume)
    require_anatomy(volume)
    for companion in companions:
        companion.geometry.require_match(volume.geometry)
        require_segmentable(companion)
    spec = find() if spec is None else spec
    sessions = {
        each: open_session(each, Device(device), threads=threads, precision=precision)
        for each in _needed(spec)
    }
    locate = sessions[spec.locator].run if spec.locator else None
    prediction = predict_segments(views_of(volume, companions), spec, sessions[spec].run, locate)
    require_liver(prediction.mask, volume.geometry.voxel_volume_ml)
    refined = _refined(prediction, spec, volume, companions)
    liver = prediction.liver if refined is None else refined.probability
    outline = prediction.mask if refined is None else refined.mask
    labels = LabelMap(_consistent(prediction, outline), volume.geometry)
    require_liver(labels.array > 0, volume.geometry.voxel_volume_ml)
    return Segmentation(
        labels=labels,
        confidence=prediction.confidence,
        uncertainty=np.minimum(liver, 1 - liver),
        models=tuple(_use(each, session) for each, session in sessions.items()),
        findings=(
            *confidence_findings(prediction.confidence),
            *agreement_findings(prediction.agreement),
            *segment_findings(labels),
        ),
        agreement=prediction.agreement,
        separation=None if refined is None else refined.separation,
    )
