"""Quantitative maps of fat and iron: ``compute_maps`` turns echoes into PDFF, R2* and LIC."""

from __future__ import annotations

from analysis.maps.mapping import MapOptions, compute_maps

__all__ = ["MapOptions", "compute_maps"]
