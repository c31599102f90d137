"""Colours of a map, the same on the screen, in the pictures and in print."""

from __future__ import annotations

from analysis.quantities import FAT_SIGNAL_FRACTION, FIT_RESIDUAL, LIC, PDFF, R2STAR, Quantity

# Perceptually uniform scales of matplotlib; frontend/src/colour_scales.ts has the same.
SCALES: dict[str, str] = {
    PDFF.key: "viridis",
    FAT_SIGNAL_FRACTION.key: "viridis",
    R2STAR.key: "inferno",
    LIC.key: "plasma",
    FIT_RESIDUAL.key: "cividis",
}
DEFAULT_SCALE = "viridis"
ERROR_SCALE = "cividis"
_SMALLEST_PART = 0.25


def scale_of(quantity: Quantity) -> str:
    """Return the name of the colour scale of a quantity."""
    return SCALES.get(quantity.key, DEFAULT_SCALE)


def colour_range(quantity: Quantity, p95: float | None) -> tuple[float, float]:
    """Return the ends of the colour bar, so that a liver is neither black nor saturated.

    The upper end is a quarter of the usual one, doubled until it holds ``p95``:
    few steps, so that two studies mostly have the same colours, and R2* of a liver without iron is
    still readable.

    Parameters
    ----------
    quantity
        Gives the usual range.
    p95
        95th percentile of the liver's voxels, in the unit of the quantity; None when nothing was
        measured, which gives the usual range.

    Examples
    --------
    >>> from analysis.quantities import R2STAR
    >>> colour_range(R2STAR, 60.0)
    (0.0, 75.0)
    """
    low, usual = quantity.display
    if p95 is None:
        return low, usual
    top = min(p95, quantity.plausible[1])
    high = low + (usual - low) * _SMALLEST_PART
    while high < top:
        high = low + 2 * (high - low)
    return low, min(high, quantity.plausible[1])
