"""How well two masks agree: overlap, distance of the surfaces, volume, and over many cases.

References
----------
Definitions of overlap and distance: Taha and Hanbury 2015, doi:10.1186/s12880-015-0068-x. Limits
of agreement: Bland and Altman 1986, doi:10.1016/S0140-6736(86)90837-8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.errors import GeometryMismatch
from analysis.volume import Geometry
from analysis.wording import words

Mask = npt.NDArray[np.bool_]
_NORMAL_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class MaskAgreement:
    """Agreement of a predicted mask P with a reference mask R.

    Parameters
    ----------
    dice
        2 |P and R| / (|P| + |R|); 1 when both are empty.
    jaccard
        |P and R| / |P or R|; 1 when both are empty.
    precision, recall
        |P and R| / |P| and |P and R| / |R|; None when the mask divided by is empty.
    false_discovery_rate, false_negative_rate
        1 - precision and 1 - recall; None likewise.
    hd95_mm
        Larger of the two 95th percentiles of the distances from one surface to the other; None
        when a mask is empty.
    assd_mm
        Mean of all distances from either surface to the other; None when a mask is empty.
    volume_ml, reference_volume_ml
        Of P and R.
    """

    dice: float
    jaccard: float
    precision: float | None
    recall: float | None
    false_discovery_rate: float | None
    false_negative_rate: float | None
    hd95_mm: float | None
    assd_mm: float | None
    volume_ml: float
    reference_volume_ml: float

    @property
    def volume_difference_ml(self) -> float:
        """Volume of P minus volume of R."""
        return self.volume_ml - self.reference_volume_ml


def compare_masks(predicted: Mask, reference: Mask, geometry: Geometry) -> MaskAgreement:
    """Return the agreement of a predicted mask with a reference mask.

    Parameters
    ----------
    predicted, reference
        (i, j, k) bool on the grid.
    geometry
        The grid; its axes are taken as perpendicular.

    Raises
    ------
    GeometryMismatch
        If a mask does not have the shape of the grid.
    """
    if predicted.shape != geometry.shape or reference.shape != geometry.shape:
        raise GeometryMismatch(
            words(
                "Masks of %(predicted)s and %(reference)s voxels cannot be compared on a grid "
                "of %(grid)s.",
                predicted=str(predicted.shape),
                reference=str(reference.shape),
                grid=str(geometry.shape),
            ),
            code="geometry-mismatch",
        )
    both = int(np.count_nonzero(predicted & reference))
    n_predicted, n_reference = int(np.count_nonzero(predicted)), int(np.count_nonzero(reference))
    either = n_predicted + n_reference - both
    precision = both / n_predicted if n_predicted else None
    recall = both / n_reference if n_reference else None
    distances = surface_distances_mm(predicted, reference, geometry)
    return MaskAgreement(
        dice=2 * both / (n_predicted + n_reference) if either else 1.0,
        jaccard=both / either if either else 1.0,
        precision=precision,
        recall=recall,
        false_discovery_rate=None if precision is None else 1 - precision,
        false_negative_rate=None if recall is None else 1 - recall,
        hd95_mm=None if distances is None else _hd95(*distances),
        assd_mm=None if distances is None else float(np.mean(np.concatenate(distances))),
        volume_ml=n_predicted * geometry.voxel_volume_ml,
        reference_volume_ml=n_reference * geometry.voxel_volume_ml,
    )


def _hd95(forward: npt.NDArray[np.float64], backward: npt.NDArray[np.float64]) -> float:
    return float(max(np.percentile(forward, 95), np.percentile(backward, 95)))


def surface_distances_mm(
    predicted: Mask, reference: Mask, geometry: Geometry
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
    """Return the distance in mm from each surface voxel of one mask to the surface of the other.

    A surface voxel has a face on the outside; the border of the image counts as outside.

    Parameters
    ----------
    predicted, reference
        (i, j, k) bool.
    geometry
        The grid.

    Returns
    -------
    (from predicted to reference, from reference to predicted), each (n,); None when a mask is
    empty.
    """
    if not predicted.any() or not reference.any():
        return None
    box = _joint_box(predicted | reference)
    surface_p, surface_r = _surface(predicted[box]), _surface(reference[box])
    to_reference = ndimage.distance_transform_edt(~surface_r, sampling=geometry.spacing_mm)
    to_predicted = ndimage.distance_transform_edt(~surface_p, sampling=geometry.spacing_mm)
    return np.asarray(to_reference)[surface_p], np.asarray(to_predicted)[surface_r]


def _joint_box(mask: Mask) -> tuple[slice, slice, slice]:
    spans = [np.flatnonzero(mask.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1))]
    i, j, k = (slice(int(span[0]), int(span[-1]) + 1) for span in spans)
    return i, j, k


def _surface(mask: Mask) -> Mask:
    surface: Mask = mask & ~ndimage.binary_erosion(mask)
    return surface


@dataclass(frozen=True, slots=True)
class LimitsOfAgreement:
    """Bland-Altman summary of paired differences, in their unit.

    Parameters
    ----------
    bias
        Mean difference.
    standard_deviation
        Of the differences (n - 1).
    lower, upper
        bias -+ 1.96 standard deviations.
    n
        Pairs.
    """

    bias: float
    standard_deviation: float
    lower: float
    upper: float
    n: int


def limits_of_agreement(differences: npt.ArrayLike) -> LimitsOfAgreement:
    """Return bias and 95 % limits of agreement of paired differences.

    Parameters
    ----------
    differences
        (n,) n >= 2, finite.

    Raises
    ------
    ValueError
        With fewer than two pairs, or one that is not finite.

    Examples
    --------
    >>> limits_of_agreement([-1.0, 1.0]).bias
    0.0
    """
    values = np.asarray(differences, dtype=np.float64).ravel()
    if values.size < 2 or not np.isfinite(values).all():
        raise ValueError("limits of agreement need at least two finite differences")
    bias, spread = float(np.mean(values)), float(np.std(values, ddof=1))
    half = _NORMAL_95 * spread
    return LimitsOfAgreement(bias, spread, bias - half, bias + half, int(values.size))
