"""How an image must be prepared for a model, and how its answer is brought back: plain data.

A recipe is read from a model's card and written into it; the modules ``*_prediction`` follow it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Literal

from inference.confidence import UNCALIBRATED, Calibration, calibration_of

Triple = tuple[int, int, int]
SplineOrder = Literal[0, 1, 2, 3]


def _triple(values: Any) -> Triple:
    first, second, third = (int(value) for value in values)
    return first, second, third


def _spacing(values: Any) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third


@dataclass(frozen=True, slots=True)
class Normalisation:
    """How intensities become 0..1: linear between two percentiles, clipped.

    Parameters
    ----------
    lower, upper
        Percentiles, 0 to 100.
    positive_only
        Take the percentiles over voxels above zero only.
    """

    lower: float
    upper: float
    positive_only: bool

    def __post_init__(self) -> None:
        if not 0 <= self.lower < self.upper <= 100:
            raise ValueError("percentiles must rise within 0 to 100")


@dataclass(frozen=True, slots=True)
class PercentileRecipe:
    """Lobule's own models: an isotropic grid along the patient's axes, intensities to 0..1.

    Parameters
    ----------
    spacing_mm
        Isotropic voxel size that the network expects.
    normalisation
        Of the intensities.
    divisor
        Every side of a tile is a multiple of this.
    tile
        Suggested tile (x, y, z) in voxels.
    calibration
        From the model's own promise of Dice to what it kept on held-out patients.
    """

    spacing_mm: float
    normalisation: Normalisation
    divisor: int
    tile: Triple
    calibration: Calibration = UNCALIBRATED

    def __post_init__(self) -> None:
        if any(side % self.divisor for side in self.tile) or self.spacing_mm <= 0:
            raise ValueError("the tile must be a multiple of the divisor, the spacing positive")


class Intensity(StrEnum):
    """How nnU-Net brings the intensities of a channel to one scale."""

    Z_SCORE = "z-score"
    CT = "ct"
    RESCALE = "0-1"
    NONE = "none"


class Orientation(StrEnum):
    """Along which axes the network sees the image."""

    STORED = "stored"
    RAS = "RAS"


@dataclass(frozen=True, slots=True)
class IntensityRule:
    """Intensity normalisation of nnU-Net with what it needs.

    Parameters
    ----------
    kind
        The scheme.
    masked
        Z-score only: statistics and change within the filled body, zero outside.
    mean, deviation, lower, upper
        CT only: of the training set's foreground; values are clipped to lower..upper first.
    """

    kind: Intensity
    masked: bool = False
    mean: float = 0.0
    deviation: float = 1.0
    lower: float = 0.0
    upper: float = 0.0

    def __post_init__(self) -> None:
        if self.kind is Intensity.CT and self.lower >= self.upper:
            raise ValueError("the clipping range of the CT normalisation must rise")


@dataclass(frozen=True, slots=True)
class ResizeRule:
    """Order of the splines in nnU-Net's resampling.

    Parameters
    ----------
    order
        Along well-resolved axes: 0 nearest, 1 linear, 3 cubic.
    order_apart
        Along the one axis that is resampled apart, where there is one.
    apart
        Resample the coarsest axis apart: always, never, or (None) by the anisotropy.
    """

    order: SplineOrder
    order_apart: SplineOrder = 0
    apart: bool | None = None

    def __post_init__(self) -> None:
        if not {self.order, self.order_apart} <= {0, 1, 2, 3}:
            raise ValueError("the order of resampling must be 0 to 3")


@dataclass(frozen=True, slots=True)
class NnunetRecipe:
    """nnU-Net version 2: crop, normalise, resample, blend logits, resample back.

    Parameters
    ----------
    orientation
        STORED: the axes as the file stores them; RAS: turned to right, anterior, superior first.
    axes
        Network axis to axis (i, j, k) of the image; nnU-Net reads (k, j, i) and then transposes.
    spacing_mm
        Along the network's axes.
    tile
        Fixed tile along the network's axes, voxels.
    intensity, image_resize, logit_resize
        The rules.
    mirror_axes
        Axes of a tile along which mirror images are averaged; none by default (8 times as fast).
    """

    orientation: Orientation
    axes: Triple
    spacing_mm: tuple[float, float, float]
    tile: Triple
    intensity: IntensityRule
    image_resize: ResizeRule
    logit_resize: ResizeRule
    mirror_axes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not set(self.mirror_axes) <= {0, 1, 2}:
            raise ValueError("the mirrored axes must be of 0, 1, 2")
        if sorted(self.axes) != [0, 1, 2]:
            raise ValueError("the axes must be an order of 0, 1, 2")
        if min(self.spacing_mm) <= 0 or min(self.tile) < 1:
            raise ValueError("spacing and tile must be positive")


class MonaiScaling(StrEnum):
    """MONAI's transforms of intensities that can be followed."""

    RANGE = "range"
    EXTREMES = "extremes"
    PERCENTILES = "percentiles"
    Z_SCORE = "z-score"


@dataclass(frozen=True, slots=True)
class MonaiIntensity:
    """One transform of the intensities.

    Parameters
    ----------
    kind
        RANGE: low..high linearly to bottom..top; EXTREMES: minimum..maximum likewise;
        PERCENTILES: low and high are percentiles; Z_SCORE: mean 0, deviation 1.
    low, high, bottom, top
        The ranges.
    clip
        To bottom..top.
    nonzero
        Z_SCORE of the values other than 0 only.
    """

    kind: MonaiScaling
    low: float = 0.0
    high: float = 1.0
    bottom: float = 0.0
    top: float = 1.0
    clip: bool = False
    nonzero: bool = False

    def __post_init__(self) -> None:
        if self.low >= self.high or self.bottom >= self.top:
            raise ValueError("the ranges of the intensities must rise")


@dataclass(frozen=True, slots=True)
class MonaiRecipe:
    """A MONAI bundle: axes, spacing, intensities, sliding window.

    Parameters
    ----------
    orientation
        STORED: the axes as the file stores them; RAS: turned to right, anterior, superior first.
    spacing_mm
        Voxel size that the network expects, or None for the image's own.
    intensities
        Transforms in order.
    tile
        Fixed tile, voxels.
    overlap
        Of neighbouring tiles, 0 to <1.
    gaussian
        Weigh the centres of tiles more than their borders.
    """

    orientation: Orientation
    spacing_mm: tuple[float, float, float] | None
    intensities: tuple[MonaiIntensity, ...]
    tile: Triple
    overlap: float
    gaussian: bool

    def __post_init__(self) -> None:
        if self.spacing_mm is not None and min(self.spacing_mm) <= 0:
            raise ValueError("the spacing must be positive")
        if min(self.tile) < 1 or not 0 <= self.overlap < 1:
            raise ValueError("the tile must be positive, the overlap below 1")


Recipe = PercentileRecipe | NnunetRecipe | MonaiRecipe


def _percentile_recipe(card: dict[str, Any]) -> PercentileRecipe:
    rule = card["normalisation"]
    if rule["kind"] != "percentile" or card["orientation"] != "RAS":
        raise ValueError("unknown normalisation or orientation")
    spacing = card["spacing_mm"]
    return PercentileRecipe(
        spacing_mm=float(spacing[0] if isinstance(spacing, list) else spacing),
        normalisation=Normalisation(
            float(rule["lower"]), float(rule["upper"]), rule.get("mask") == "positive"
        ),
        divisor=int(card["divisor"]),
        tile=_triple(card["patch"]),
        calibration=calibration_of(card.get("confidence")),
    )


def _nnunet_recipe(card: dict[str, Any]) -> NnunetRecipe:
    intensity = card["intensity"]
    return NnunetRecipe(
        orientation=Orientation(card["orientation"]),
        axes=_triple(card["axes"]),
        spacing_mm=_spacing(card["spacing_mm"]),
        tile=_triple(card["tile"]),
        intensity=IntensityRule(**{**intensity, "kind": Intensity(intensity["kind"])}),
        image_resize=ResizeRule(**card["image_resize"]),
        logit_resize=ResizeRule(**card["logit_resize"]),
        mirror_axes=tuple(int(axis) for axis in card.get("mirror_axes", ())),
    )


def _monai_recipe(card: dict[str, Any]) -> MonaiRecipe:
    spacing = card["spacing_mm"]
    return MonaiRecipe(
        orientation=Orientation(card["orientation"]),
        spacing_mm=None if spacing is None else _spacing(spacing),
        intensities=tuple(
            MonaiIntensity(**{**rule, "kind": MonaiScaling(rule["kind"])})
            for rule in card["intensities"]
        ),
        tile=_triple(card["tile"]),
        overlap=float(card["overlap"]),
        gaussian=bool(card["gaussian"]),
    )


def recipe_of(card: dict[str, Any]) -> Recipe:
    """Return the recipe that a model's card states.

    Parameters
    ----------
    card
        Content of ``card.json``; without ``"recipe"`` it is one of Lobule's own models.

    Raises
    ------
    KeyError, TypeError, ValueError
        If something is missing or cannot be followed.
    """
    if "recipe" not in card:
        return _percentile_recipe(card)
    stated = card["recipe"]
    if stated["kind"] == "nnunet":
        return _nnunet_recipe(stated)
    if stated["kind"] == "monai":
        return _monai_recipe(stated)
    raise ValueError(f"unknown recipe {stated['kind']}")


def recipe_card(recipe: NnunetRecipe | MonaiRecipe) -> dict[str, Any]:
    """Return an imported recipe as the card states it."""
    kind = "nnunet" if isinstance(recipe, NnunetRecipe) else "monai"
    return {"kind": kind, **asdict(recipe)}
