from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from analysis.export import EXPORTERS, export_all
from analysis.export.exported_file import ExportedFile
from analysis.measurement import MapSet
from analysis.quantities import PDFF
from tests.analysis.small_liver import (
    default_maps,
    make_map,
    make_maps,
    make_report,
    make_segmentation,
    make_selected,
)


def export(maps: MapSet, folder: Path) -> tuple[ExportedFile, ...]:
    return export_all(make_report(maps), make_selected(), make_segmentation(), maps, folder)


def test_a_full_study_gives_every_promised_file(tmp_path: Path) -> None:
    names = [written.name for written in export(default_maps(), tmp_path)]
    assert set(names) >= {
        "report.json",
        "report.html",
        "measurements.csv",
        "pdff.nii.gz",
        "pdff_standard_error.nii.gz",
        "r2star.nii.gz",
        "r2star_standard_error.nii.gz",
        "lic.nii.gz",
        "lic_standard_error.nii.gz",
        "segments.nii.gz",
        "anatomy.nii.gz",
    }
    assert sorted(names) == sorted(path.name for path in tmp_path.iterdir())


def test_what_was_not_measured_has_no_file(tmp_path: Path) -> None:
    names = {w.name for w in export(make_maps(make_map(5.0, PDFF, error=None)), tmp_path)}
    assert "pdff.nii.gz" in names
    assert names.isdisjoint({"pdff_standard_error.nii.gz", "r2star.nii.gz", "lic.nii.gz"})


@pytest.mark.parametrize("maps", [make_maps(), default_maps()], ids=["no maps", "all maps"])
def test_the_same_study_gives_the_same_bytes(maps: MapSet, tmp_path: Path) -> None:
    first = export(maps, tmp_path / "first")
    second = export(maps, tmp_path / "second")
    assert [w.sha256 for w in first] == [w.sha256 for w in second]
    for written in first:
        assert hashlib.sha256(written.path.read_bytes()).hexdigest() == written.sha256
        assert written.size_bytes == written.path.stat().st_size


def test_file_names_are_unique() -> None:
    names = [row.name for row in EXPORTERS]
    assert len(names) == len(set(names))


def test_no_file_carries_the_patient_but_the_report(tmp_path: Path) -> None:
    for written in export(default_maps(), tmp_path):
        if written.name != "report.json":
            assert b"P-0001" not in written.path.read_bytes(), written.name
