"""PDFF against R2*, voxel by voxel: where fat and iron go together in this liver."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from django.utils.translation import gettext as _

from analysis.anatomy import BY_KEY as STRUCTURE
from analysis.anatomy import LIVER
from analysis.map_statistics import BIN_WIDTHS
from analysis.quantities import PDFF, R2STAR, Quantity
from portal.reports.figures import plain_layout, voxels_outside
from portal.reports.images import StudyImages

_TAIL_PERCENT = 0.5


def density_figure(images: StudyImages, region: str) -> dict[str, Any] | None:
    """Return the two-dimensional histogram of a region, None when one of the maps is missing."""
    pdff, r2star = images.get(PDFF.key), images.get(R2STAR.key)
    if pdff is None or r2star is None:
        return None
    label = STRUCTURE[region].label
    inside = images.labels > 0 if region == LIVER.key else images.labels == label
    inside = inside & pdff.valid & r2star.valid
    fat, iron = pdff.values[inside], r2star.values[inside]
    if fat.size == 0:
        return None
    edges = (_edges(PDFF, fat), _edges(R2STAR, iron))
    counts = np.histogram2d(fat, iron, bins=edges)[0].astype(np.int64)
    return _figure(region, edges, counts, int(fat.size))


def _edges(quantity: Quantity, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return edges that are multiples of the bin width of the report's own histograms."""
    width = BIN_WIDTHS[quantity.key]
    low, high = np.percentile(values, (_TAIL_PERCENT, 100 - _TAIL_PERCENT))
    return np.arange(np.floor(low / width), np.floor(high / width) + 2) * width


def _figure(
    region: str,
    edges: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    counts: npt.NDArray[np.int64],
    total: int,
) -> dict[str, Any]:
    x, y = ((each[:-1] + each[1:]) / 2 for each in edges)
    shown = [[int(n) or None for n in row] for row in counts.T]
    where = np.argwhere(counts > 0)
    figure = go.Figure(
        [
            go.Heatmap(
                x=x.tolist(),
                y=y.tolist(),
                z=shown,
                colorscale="Viridis",
                colorbar={"title": {"text": _("Voxels")}, "thickness": 10},
                hovertemplate="PDFF %{x:.4g} %, R2* %{y:.4g} s⁻¹<br>"
                + _("Voxels")
                + ": %{z}<extra></extra>",
            ),
            # A heat map cannot be brushed: points that are not seen carry the brush.
            go.Scatter(
                x=x[where[:, 0]].tolist(),
                y=y[where[:, 1]].tolist(),
                mode="markers",
                marker={"opacity": 0},
                hoverinfo="skip",
            ),
        ],
        layout=go.Layout(
            **{**plain_layout(), "selectdirection": "any"},
            xaxis={"title": {"text": f"{PDFF.key} ({PDFF.unit})"}, "fixedrange": True},
            yaxis={"title": {"text": f"{R2STAR.key} ({R2STAR.unit})"}, "fixedrange": True},
        ),
    )
    outside = total - int(counts.sum())
    figure.update_layout(
        meta={
            "region": region,
            "quantities": [PDFF.key, R2STAR.key],
            "edges": edges[0].tolist(),
            "y_edges": edges[1].tolist(),
            "table": counts.tolist(),
            "beyond": voxels_outside(outside),
        }
    )
    plain: dict[str, Any] = figure.to_plotly_json()
    return plain
