"""Names in the tables of a report, in the reader's language; their values stay as they are."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from analysis.export.page import Table
from analysis.map_statistics import BAND_FRACTION
from analysis.report import LiverReport
from analysis.wording import Words
from portal.wording import said

# What ``analysis.export.page_tables`` and the methods of the maps say, for the catalogues.
REGION_NAMES = (
    gettext_noop("Whole liver"),
    gettext_noop("I (caudate)"),
    gettext_noop("IVa (geometric)"),
    gettext_noop("IVb (geometric)"),
)
FIT_WORDS = (
    gettext_noop("magnitude fit, both branches, choice pooled over neighbours"),
    gettext_noop("complex fit, smooth field and phase"),
    gettext_noop("mixed fit, smooth field and phase, readout phase removed"),
    gettext_noop("two-point Dixon, magnitudes"),
    gettext_noop("Six-peak liver spectrum (ISMRM 2012 challenge)"),
    gettext_noop("mean height of the border between segments II and III"),
    gettext_noop("height that halves segment IV"),
    gettext_noop("segment IV was not found"),
    gettext_noop("segment IV reaches the border of the images"),
)
# Why a series or a file is not used: ``analysis.ingest`` and ``analysis.series_selection``.
REASONS = (
    gettext_noop("a document or result, not images"),
    gettext_noop("a screen copy or other object"),
    gettext_noop("a colour screen copy"),
    gettext_noop("an EPI mosaic"),
    gettext_noop("a localizer"),
    gettext_noop("not a gradient-echo acquisition"),
    gettext_noop("images without a position in space"),
    gettext_noop("images in several planes, as in a localizer"),
    gettext_noop("single-echo images, not needed for fat and iron"),
    gettext_noop(
        "all maps of the scanner in one series without saying which is which; export them as "
        "separate series"
    ),
    gettext_noop("its echoes do not lie on one grid"),
    gettext_noop("an archive inside an archive, which is not opened"),
    gettext_noop("a NIfTI file beside DICOM images, which are used instead"),
    gettext_noop("its content is damaged"),
    gettext_noop("reading it needs more memory than any MR image"),
    gettext_noop("it cannot be read"),
    gettext_noop("it is cut off"),
)
QUANTITY_NAMES = (
    gettext_noop("Proton density fat fraction"),
    gettext_noop("Effective transverse relaxation rate R2*"),
    gettext_noop("Effective transverse relaxation time T2*"),
    gettext_noop("Liver iron concentration (dry weight)"),
    gettext_noop("Fat signal fraction (two-point Dixon, not PDFF)"),
    gettext_noop("Fit residual relative to the first echo"),
    gettext_noop("Off-resonance of the main field"),
    gettext_noop("Probability that water and fat are exchanged"),
    gettext_noop("Water signal"),
    gettext_noop("Fat signal"),
)
# ``analysis.report.INTENDED_USE``.
INTENDED_USE_WORDS = gettext_noop(
    "Research software without regulatory clearance. "
    "Not for diagnosis or for decisions on treatment."
)
# How ``analysis.map_statistics`` says where shares of voxels come from.
SHARES = gettext_noop("share of voxels by %(table)s; single voxels carry the noise of the fit")
TABLE_WORDS = (
    gettext_noop("Mean, mask eroded by one voxel"),
    gettext_noop("Mean without the vessels"),
    gettext_noop("Mean of up to nine discs of 4 cm², one a segment (IVa, IVb)"),
    gettext_noop("Median"),
    gettext_noop("Standard deviation"),
    gettext_noop("Standard deviation without the noise of the fit"),
    gettext_noop("Standard deviation over 10 mm cubes"),
    gettext_noop("Interquartile range"),
    gettext_noop("5th percentile"),
    gettext_noop("95th percentile"),
    gettext_noop("Coefficient of variation"),
    gettext_noop("Skewness"),
    gettext_noop("Excess kurtosis"),
    gettext_noop("Entropy of the histogram"),
    gettext_noop("Largest minus smallest segmental mean"),
    gettext_noop("Right (V–VIII) minus left (II–IV)"),
    gettext_noop("Study"),
    gettext_noop("Study date"),
    gettext_noop("Input"),
    gettext_noop("Scanner"),
    gettext_noop("Scanner software"),
    gettext_noop("Field strength"),
    gettext_noop("Sequence"),
    gettext_noop("Repetition time"),
    gettext_noop("Flip angle"),
    gettext_noop("Fit"),
    gettext_noop("Fat spectrum"),
    gettext_noop("Echo times"),
    gettext_noop("Noise level"),
    gettext_noop("Voxels fitted"),
    gettext_noop("Iron calibration"),
    gettext_noop("Maps"),
    gettext_noop("Segments IVa, IVb"),
    gettext_noop("unknown"),
    gettext_noop("Expected Dice of the liver mask"),
    gettext_noop("Series"),
    gettext_noop("Description"),
    gettext_noop("Role"),
    gettext_noop("Reason"),
    gettext_noop("used"),
    gettext_noop("not used"),
)


def named(table: Table) -> Table:
    """Return a table whose header and first cells are in the reader's language."""
    rows = tuple((said(name), *cells) for name, *cells in table.rows)
    return replace(table, header=tuple(said(title) for title in table.header), rows=rows)


def named_series(table: Table) -> Table:
    """Return the table of series with its header and what was used in the reader's language."""
    rows = tuple(
        (number, text, role, said(use), said(reason))
        for number, text, role, use, reason in table.rows
    )
    return replace(table, header=tuple(said(title) for title in table.header), rows=rows)


def named_bands(report: LiverReport) -> tuple[tuple[str, str], ...]:
    """Return the shares of the liver in the bands of each grade, one line a quantity."""
    found: dict[str, list[str]] = {}
    for m in report.measurements:
        if m.statistic.startswith(BAND_FRACTION):
            grade = said(m.statistic.removeprefix(BAND_FRACTION).capitalize()).lower()
            name = f"{m.quantity}, {_by_table(m.method)}"
            found.setdefault(name, []).append(f"{grade} {m.text}")
    return tuple((name, ", ".join(shares)) for name, shares in found.items())


def _by_table(method: str) -> str:
    before, after = SHARES.split("%(table)s")
    if not (method.startswith(before) and method.endswith(after)):
        return method
    return _(SHARES) % {"table": method.removeprefix(before).removesuffix(after)}


def named_facts(
    facts: tuple[tuple[str, str], ...], words: tuple[Words, ...] = ()
) -> tuple[tuple[str, str], ...]:
    """Return facts in the reader's language; ``words`` are those stored beside the methods."""
    return tuple((said(name), said(value, words)) for name, value in facts)
