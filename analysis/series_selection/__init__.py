"""From everything received to what is analysed: rules as data, a reason for each series."""

from analysis.series_selection.selection import select_series

__all__ = ["select_series"]
