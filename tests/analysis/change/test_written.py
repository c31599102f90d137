from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from analysis.change.images import ImageComparison
from analysis.change.numbers import compare_reports
from analysis.change.result_folder import read_visit
from analysis.change.visit import Visit
from analysis.change.written import COLUMNS, change_csv, change_to_dict, delta_files
from analysis.errors import UnusableInput
from analysis.export.nifti import FILE_STEMS, map_values
from analysis.nifti import encode_nifti
from analysis.report_json import report_to_dict
from analysis.simulation.follow_up import VisitPair
from tests.analysis.change.pairs import visit_of


def write_results(visit: Visit, folder: Path) -> Path:
    """Write what an analysis writes and a comparison reads."""
    folder.mkdir()
    (folder / "report.json").write_text(json.dumps(report_to_dict(visit.report)), "utf-8")
    geometry = visit.labels.geometry
    files = {
        "segments": visit.labels.array,
        "anatomy": visit.image.array,
    }
    for quantity, stem in FILE_STEMS:
        found = visit.get(quantity.key)
        if found is not None and found.standard_error is not None:
            files[stem] = map_values(found)
            files[f"{stem}_standard_error"] = found.standard_error
    for name, array in files.items():
        (folder / f"{name}.nii.gz").write_bytes(encode_nifti(array, geometry, name))
    return folder


@pytest.fixture(scope="module")
def visits(changed_pair: VisitPair) -> tuple[Visit, Visit]:
    return visit_of(changed_pair.baseline, 1), visit_of(changed_pair.follow_up, 2)


def test_the_table_holds_every_change_unrounded(
    visits: tuple[Visit, Visit], changed: ImageComparison
) -> None:
    numbers = compare_reports(visits[0].report, visits[1].report)
    rows = list(csv.DictReader(io.StringIO(change_csv(numbers, changed))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == len(numbers.changes) + len(changed.changes)
    liver = numbers.get("PDFF", "liver")
    assert liver is not None
    assert float(rows[0]["difference"]) == liver.difference
    assert rows[0]["verdict"] == liver.verdict.value


def test_what_is_not_compared_has_empty_cells(visits: tuple[Visit, Visit]) -> None:
    without = visit_of_only_fat(visits[1])
    numbers = compare_reports(visits[0].report, without.report)
    rows = list(csv.DictReader(io.StringIO(change_csv(numbers))))
    row = next(r for r in rows if (r["quantity"], r["region"]) == ("R2*", "liver"))
    assert row["follow_up"] == row["difference"] == row["limit"] == ""
    assert row["reason"] == "not measured at this visit"


def visit_of_only_fat(visit: Visit) -> Visit:
    kept = tuple(m for m in visit.report.measurements if m.quantity in {"PDFF", "volume"})
    fields = {name: getattr(visit.report, name) for name in type(visit.report).__slots__}
    report = type(visit.report)(**fields | {"measurements": kept})
    return Visit(report, visit.labels, visit.image, visit.maps)


def test_plain_data_is_json_with_the_same_texts(
    visits: tuple[Visit, Visit], changed: ImageComparison
) -> None:
    numbers = compare_reports(visits[0].report, visits[1].report)
    data = json.loads(json.dumps(change_to_dict(numbers, changed), allow_nan=False))
    first = data["changes"][0]
    assert first["text"]["difference"] == numbers.changes[0].difference_text
    assert data["registration"]["dice"] == pytest.approx(changed.quality.dice)
    assert len(data["same_tissue"]) == len(changed.changes)
    assert change_to_dict(numbers)["registration"] is None


def test_maps_of_change_are_nifti_with_nothing_outside_the_liver(changed: ImageComparison) -> None:
    delta = changed.get("PDFF")
    assert delta is not None
    files = delta_files(delta)
    assert set(files) == {
        "change_pdff.nii.gz",
        "change_pdff_standard_error.nii.gz",
        "change_pdff_real.nii.gz",
    }
    image = nib.Nifti1Image.from_bytes(gzip.decompress(files["change_pdff.nii.gz"]))
    values = np.asarray(image.dataobj)
    assert np.array_equal(np.isfinite(values), delta.valid)
    assert values[delta.valid] == pytest.approx(delta.difference[delta.valid])
    assert image.affine == pytest.approx(delta.geometry.affine)


def test_a_visit_is_read_back_from_its_folder(visits: tuple[Visit, Visit], tmp_path: Path) -> None:
    visit = visits[0]
    found = read_visit(write_results(visit, tmp_path / "one"))
    assert np.array_equal(found.labels.array, visit.labels.array)
    assert found.labels.geometry.matches(visit.labels.geometry)
    assert found.report.measurements == visit.report.measurements
    for each in visit.maps:
        read = found.get(each.quantity.key)
        assert read is not None
        assert np.array_equal(read.valid, each.valid)
        assert read.volume.array[each.valid] == pytest.approx(each.volume.array[each.valid])
        assert read.standard_error == pytest.approx(each.standard_error)


def test_a_folder_that_is_none_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="manage.py analyse"):
        read_visit(tmp_path)
    (tmp_path / "report.json").write_text("{", "utf-8")
    with pytest.raises(UnusableInput, match="does not hold the results"):
        read_visit(tmp_path)
