from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from analysis.export.exported_file import ExportedFile
from analysis.export.exporters import EXPORTERS, export_all
from analysis.measurement import MapSet
from analysis.quantities import PDFF
from analysis.study import SourceSeries
from tests.analysis.small_liver import (
    SOURCE,
    default_maps,
    make_map,
    make_maps,
    make_report,
    make_segmentation,
    make_selected,
)

Exported = tuple[ExportedFile, ...]


def export(maps: MapSet, folder: Path, source: SourceSeries | None = SOURCE) -> Exported:
    selected = make_selected(source=source)
    return export_all(make_report(maps), selected, make_segmentation(), maps, folder)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A study with all maps and the DICOM images behind them."""
    return export(default_maps(), tmp_path_factory.mktemp("results"))


def test_a_full_study_gives_every_promised_file(exported: Exported) -> None:
    names = [written.name for written in exported]
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
        "segments.dcm",
        "pdff.dcm",
        "r2star.dcm",
        "lic.dcm",
        "measurements.dcm",
        "report.pdf",
        "report.dcm",
    }
    folder = exported[0].path.parent
    assert sorted(names) == sorted(path.name for path in folder.iterdir())


def test_the_same_study_gives_the_same_bytes(exported: Exported, tmp_path: Path) -> None:
    again = export(default_maps(), tmp_path)
    assert [(w.name, w.sha256) for w in again] == [(w.name, w.sha256) for w in exported]
    for written in again:
        assert hashlib.sha256(written.path.read_bytes()).hexdigest() == written.sha256
        assert written.size_bytes == written.path.stat().st_size


def test_only_the_report_and_dicom_objects_carry_the_pseudonym(exported: Exported) -> None:
    for written in exported:
        if written.name != "report.json" and written.media_type != "application/dicom":
            assert b"P-0001" not in written.path.read_bytes(), written.name


def test_what_was_not_measured_has_no_file(tmp_path: Path) -> None:
    maps = make_maps(make_map(5.0, PDFF, error=None))
    names = {written.name for written in export(maps, tmp_path, source=None)}
    assert "pdff.nii.gz" in names
    assert names.isdisjoint({"pdff_standard_error.nii.gz", "r2star.nii.gz", "lic.nii.gz"})


def test_a_study_without_maps_still_gives_report_labels_and_anatomy(tmp_path: Path) -> None:
    names = {written.name for written in export(make_maps(), tmp_path, source=None)}
    assert names == {
        "report.json",
        "report.html",
        "report.pdf",
        "measurements.csv",
        "segments.nii.gz",
        "anatomy.nii.gz",
    }


def test_file_names_are_unique() -> None:
    names = [row.name for row in EXPORTERS]
    assert len(names) == len(set(names))
