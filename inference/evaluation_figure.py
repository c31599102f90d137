"""One figure of an evaluation: Dice by region, and the volumes of the liver by Bland and Altman."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from analysis.agreement import MaskAgreement, limits_of_agreement
from analysis.anatomy import BY_KEY, LIVER


def draw_figure(results: Sequence[tuple[str, MaskAgreement]], path: Path) -> None:
    """Draw Dice by region and the volume differences of the liver.

    Parameters
    ----------
    results
        (region key, agreement) pairs of all cases.
    path
        PNG file to write.
    """
    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    regions = list(dict.fromkeys(region for region, _ in results))
    for place, region in enumerate(regions):
        dice = [agreement.dice for key, agreement in results if key == region]
        left.plot([place] * len(dice), dice, "o", alpha=0.6, color="#1b6ca8")
    names = [BY_KEY[region].name for region in regions]
    left.set_xticks(range(len(regions)), names, rotation=40, ha="right")
    left.set(ylabel="Dice", ylim=(0, 1.02), title="Overlap with the reference")
    livers = [agreement for key, agreement in results if key == LIVER.key]
    means = [(a.volume_ml + a.reference_volume_ml) / 2 for a in livers]
    differences = [a.volume_difference_ml for a in livers]
    right.plot(means, differences, "o", color="#1b6ca8")
    if len(differences) > 1:
        limits = limits_of_agreement(differences)
        for value, style in ((limits.lower, ":"), (limits.bias, "-"), (limits.upper, ":")):
            right.axhline(value, linestyle=style, color="#777777")
    right.set(
        xlabel="mean volume (ml)",
        ylabel="predicted minus reference (ml)",
        title="Liver volume",
    )
    figure.savefig(path, dpi=120)
