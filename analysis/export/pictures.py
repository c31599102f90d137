"""The pictures of a study, drawn once for the page and the printed report."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from analysis.export.exported_file import ExportRequest
from analysis.export.montage import draw_montage
from analysis.export.page_tables import SHOWN


@dataclass(frozen=True, slots=True)
class Picture:
    """A montage with its title and the words for readers who cannot see it."""

    title: str
    description: str
    png: bytes


# Drawing takes a second and two exporters want it; the pictures go with the request.
_drawn: WeakKeyDictionary[ExportRequest, tuple[Picture, ...]] = WeakKeyDictionary()


def pictures(request: ExportRequest) -> tuple[Picture, ...]:
    """Return a montage of each shown map.

    Parameters
    ----------
    request
        Maps, labels and anatomy.
    """
    if request not in _drawn:
        _drawn[request] = tuple(_draw(request))
    return _drawn[request]


def _draw(request: ExportRequest) -> list[Picture]:
    if not request.labels.liver.any():
        return []
    found = [(q, m) for q in SHOWN if (m := request.maps.get(q.key)) is not None]
    return [
        Picture(
            title=f"{quantity.name} ({quantity.unit})",
            description=f"Axial slices of {quantity.key} in the liver over the anatomy, segments "
            "outlined. The patient's right is on the left. The values are in the table of "
            "segments.",
            png=draw_montage(request.anatomy, quantity_map, request.labels),
        )
        for quantity, quantity_map in found
    ]
