from __future__ import annotations

from analysis.export.exported_file import ExportRequest
from analysis.export.pictures import pictures
from tests.analysis.small_liver import (
    make_maps,
    make_report,
    make_segmentation,
    make_selected,
)


def test_each_shown_map_is_a_picture_with_words(request_: ExportRequest) -> None:
    found = pictures(request_)
    assert [picture.title.split(" (")[0] for picture in found] == [
        "Proton density fat fraction",
        "Effective transverse relaxation rate R2*",
        "Liver iron concentration",
    ]
    assert all(picture.png.startswith(b"\x89PNG") for picture in found)
    assert all("right is on the left" in picture.description for picture in found)


def test_pictures_are_drawn_once(request_: ExportRequest) -> None:
    assert pictures(request_) is pictures(request_)


def test_without_maps_there_are_no_pictures() -> None:
    maps = make_maps()
    request = ExportRequest(make_report(maps), make_selected(), make_segmentation(), maps)
    assert pictures(request) == ()
