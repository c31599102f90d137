"""Maps computed by the scanner: used only after their scale was proven, else refused with a reason.

Vendors store fat fraction in %, 0.1 %, 0.01 %, as a fraction, or as 0.07326 x - 100; the header
does not always say which. Subcutaneous fat, or our own fit of the same echoes, decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.maps.body_mask import find_body
from analysis.quantities import PDFF, R2STAR, Quantity
from analysis.study import Role, VendorMap
from analysis.volume import Geometry, QuantityMap, Volume
from analysis.wording import Words, words

Float32 = npt.NDArray[np.float32]
BoolMap = npt.NDArray[np.bool_]

PDFF_SCALES: tuple[tuple[float, float], ...] = (
    (1.0, 0.0),
    (0.1, 0.0),
    (0.01, 0.0),
    (100.0, 0.0),
    (0.07326, -100.0),
)
R2STAR_SCALES: tuple[tuple[float, float], ...] = ((1.0, 0.0), (0.1, 0.0), (10.0, 0.0), (0.01, 0.0))
SHELL_MM = (3.0, 15.0)
FAT_RANGE_PERCENT = (80.0, 102.0)
LEAN_LIMIT_PERCENT = 12.0
R2STAR_RANGE_PER_S = (15.0, 200.0)
SLOPE_TOLERANCE = 0.05
# Largest offset against our own fit, in the unit of the quantity.
OFFSET_TOLERANCES = {PDFF.key: 3.0, R2STAR.key: 15.0}
SMALLEST_SAMPLE = 50


@dataclass(frozen=True, slots=True)
class ScaleProof:
    """How stored values become the quantity, and what shows it.

    Parameters
    ----------
    scale, offset
        quantity = scale * stored + offset.
    evidence
        The measured facts, with units; when ``is_proven`` is False, why the map is refused.
    is_proven
        Whether the map may be used.
    """

    scale: float
    offset: float
    evidence: Words
    is_proven: bool = True


def _refused(reason: Words) -> ScaleProof:
    return ScaleProof(1.0, 0.0, reason, is_proven=False)


def prove_pdff_by_fat(stored: Float32, geometry: Geometry, body: BoolMap) -> ScaleProof:
    """Find the one scale that makes subcutaneous fat read 80-102 % and lean tissue below 12 %.

    The shell lies 3-15 mm under the skin; since skin and muscle share it, its upper half is taken
    for fat. Lean tissue is the lower quartile of the body's inside.

    Parameters
    ----------
    stored
        (i, j, k) values after the header's rescale.
    geometry
        Their grid.
    body
        (i, j, k) bool.
    """
    depth_mm = ndimage.distance_transform_edt(body, sampling=geometry.spacing_mm)
    shell = (depth_mm >= SHELL_MM[0]) & (depth_mm <= SHELL_MM[1])
    inside = depth_mm > SHELL_MM[1]
    if shell.sum() < SMALLEST_SAMPLE or inside.sum() < SMALLEST_SAMPLE:
        return _refused(words("too little of the body is in view to check the scale against fat"))
    fat = float(np.percentile(stored[shell], 75))
    lean = float(np.percentile(stored[inside], 25))
    fitting = [
        (scale, offset)
        for scale, offset in PDFF_SCALES
        if FAT_RANGE_PERCENT[0] <= scale * fat + offset <= FAT_RANGE_PERCENT[1]
        and abs(scale * lean + offset) < LEAN_LIMIT_PERCENT
    ]
    if len(fitting) != 1:
        return _refused(
            words(
                "subcutaneous fat is stored as %(fat)s and lean tissue as %(lean)s, which no known "
                "scale turns into 80-102 % and less than 12 %",
                fat=f"{fat:.4g}",
                lean=f"{lean:.4g}",
            )
        )
    scale, offset = fitting[0]
    evidence = words(
        "subcutaneous fat reads %(fat)s %, lean tissue %(lean)s %",
        fat=f"{scale * fat + offset:.0f}",
        lean=f"{scale * lean + offset:.1f}",
    )
    return ScaleProof(scale, offset, evidence)


def prove_r2star_by_range(stored: Float32, body: BoolMap) -> ScaleProof:
    """Find the scale that puts the body's median R2* into 15-200 1/s.

    The header's own scale is taken when it fits, else another one if it is the only one.

    Parameters
    ----------
    stored
        (i, j, k) R2* as stored, or 1000 / T2*.
    body
        (i, j, k) bool.
    """
    values = stored[body & (stored > 0)]
    if values.size < SMALLEST_SAMPLE:
        return _refused(words("the map holds too few values inside the body"))
    median = float(np.median(values))
    low, high = R2STAR_RANGE_PER_S
    fitting = [scale for scale, _ in R2STAR_SCALES if low <= scale * median <= high]
    if 1.0 not in fitting and len(fitting) != 1:
        return _refused(
            words(
                "the median stored value in the body is %(median)s: the scale is unclear",
                median=f"{median:.4g}",
            )
        )
    scale = 1.0 if 1.0 in fitting else fitting[0]
    evidence = words("median R2* in the body %(median)s s⁻¹", median=f"{scale * median:.0f}")
    return ScaleProof(scale, 0.0, evidence)


def prove_by_fit(
    stored: Float32, own: QuantityMap, scales: tuple[tuple[float, float], ...]
) -> ScaleProof:
    """Find the scale under which the map regresses on our own fit with a slope within 5 % of 1.

    The intercept must lie within 3 points of PDFF or 15 1/s of R2*, so that a shifted scale is not
    taken for the right one.

    Parameters
    ----------
    stored
        (i, j, k) values after the header's rescale, on the grid of ``own``.
    own
        Our map of the same quantity from the same echoes.
    scales
        (scale, offset) pairs to try.
    """
    use = own.valid & np.isfinite(stored)
    if own.standard_error is not None and use.any():
        use &= own.standard_error <= np.median(own.standard_error[use])
    if use.sum() < SMALLEST_SAMPLE:
        return _refused(words("too few voxels of our own fit to compare with"))
    x, y = own.volume.array[use].astype(np.float64), stored[use].astype(np.float64)
    lines = {pair: _line(x, pair[0] * y + pair[1]) for pair in scales}
    best = min(lines, key=lambda pair: abs(np.log(max(lines[pair][0], 1e-6))))
    slope, intercept = lines[best]
    if abs(slope - 1) > SLOPE_TOLERANCE:
        return _refused(
            words(
                "against our own fit the best slope is %(slope)s, not within 5 % of 1",
                slope=f"{slope:.2f}",
            )
        )
    shift = own.quantity.format(intercept)
    if abs(intercept) > OFFSET_TOLERANCES[own.quantity.key]:
        return _refused(
            words(
                "the slope against our own fit is %(slope)s, but shifted by %(shift)s",
                slope=f"{slope:.2f}",
                shift=shift,
            )
        )
    evidence = words(
        "slope %(slope)s against our own fit, intercept %(shift)s",
        slope=f"{slope:.3f}",
        shift=shift,
    )
    return ScaleProof(*best, evidence)


def _line(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Slope and intercept of y on x, with the worst tenth of the residuals left out once."""
    keep = np.ones(x.size, dtype=bool)
    slope = intercept = 0.0
    for _ in range(2):
        slope, intercept = np.polyfit(x[keep], y[keep], 1)
        residual = np.abs(y - slope * x - intercept)
        keep = residual <= np.percentile(residual, 90)
    return float(slope), float(intercept)


def on_grid_of(own: QuantityMap, geometry: Geometry) -> QuantityMap:
    """Return our map at the nearest voxels of another grid; invalid outside its own.

    Scanners often write their maps interpolated, or on fewer slices than the echoes.

    Parameters
    ----------
    own
        A map.
    geometry
        The grid wanted.
    """
    if own.geometry.matches(geometry):
        return own
    to_own = np.linalg.inv(own.geometry.affine) @ geometry.affine
    voxels = np.indices(geometry.shape).reshape(3, -1)
    nearest = np.rint(to_own[:3, :3] @ voxels + to_own[:3, 3:]).astype(np.int64)
    limits = np.array(own.geometry.shape)[:, None]
    inside = ((nearest >= 0) & (nearest < limits)).all(axis=0)
    i, j, k = np.clip(nearest, 0, limits - 1)
    error = own.standard_error
    return QuantityMap(
        Volume(own.volume.array[i, j, k].reshape(geometry.shape), geometry, own.quantity),
        (own.valid[i, j, k] & inside).reshape(geometry.shape),
        None if error is None else error[i, j, k].reshape(geometry.shape),
        own.method,
    )


def read_map(
    vendor: VendorMap, body: BoolMap | None, own: QuantityMap | None
) -> tuple[QuantityMap | None, ScaleProof]:
    """Return a PDFF or R2* map of the scanner with its scale proven, or None with the reason.

    Parameters
    ----------
    vendor
        A map of role PDFF, R2* or T2*.
    body
        (i, j, k) bool on its grid, or None to find the body in the map itself.
    own
        Our own map of the same quantity, when echoes were fitted; used where the grids overlap.
    """
    geometry, stored = vendor.volume.geometry, vendor.volume.array
    finite = np.isfinite(stored)
    stored = np.where(finite, stored, np.float32(0))
    if body is None:
        body = find_body(np.abs(stored)[None], None)
    if vendor.role is Role.T2STAR_MAP:
        stored = np.divide(1000, stored, out=np.zeros_like(stored), where=stored > 0)
    is_pdff = vendor.role is Role.PDFF_MAP
    ours = None if own is None else on_grid_of(own, geometry)
    if ours is not None and np.count_nonzero(ours.valid) >= SMALLEST_SAMPLE:
        proof = prove_by_fit(stored, ours, PDFF_SCALES if is_pdff else R2STAR_SCALES)
    elif is_pdff:
        proof = prove_pdff_by_fat(stored, geometry, body)
    else:
        proof = prove_r2star_by_range(stored, body)
    if not proof.is_proven:
        return None, proof
    quantity = PDFF if is_pdff else R2STAR
    values = proof.scale * stored + np.float32(proof.offset)
    valid = body & finite & _inside(values, quantity)
    method = method_of(proof).text
    volume = Volume(values.astype(np.float32), geometry, quantity)
    return QuantityMap(volume, valid, None, method), proof


def method_of(proof: ScaleProof) -> Words:
    """Return how a scanner's map came about, with its scale and what proves it."""
    return words(
        "map by the scanner, scale %(scale)s (%(evidence)s)",
        scale=f"{proof.scale:g}",
        evidence=proof.evidence,
    )


def _inside(values: Float32, quantity: Quantity) -> BoolMap:
    low, high = quantity.plausible
    result: BoolMap = (values >= low) & (values <= high)
    return result
