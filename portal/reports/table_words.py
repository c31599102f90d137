"""Names in the tables of a report, in the reader's language; their values stay as they are."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext_noop

from analysis.export.page import Table
from portal.wording import said

# What ``analysis.export.page_tables`` and the methods of the maps say, for the catalogues.
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


def named_facts(facts: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((said(name), value) for name, value in facts)
