"""``manage.py compare`` on two folders of results."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from django.core.management import call_command

from analysis.simulation.follow_up import FollowUp, simulate_pair
from analysis.simulation.phantom import small_phantom
from tests.analysis.change.pairs import visit_of
from tests.analysis.change.test_written import write_results


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("visits")
    pair = simulate_pair(small_phantom(3), FollowUp(pdff_change_percent=(-5.0,) * 8))
    before, after = visit_of(pair.baseline, 1), visit_of(pair.follow_up, 2)
    return write_results(before, place / "before"), write_results(after, place / "after")


def test_two_folders_are_compared_into_a_third(folders: tuple[Path, Path], tmp_path: Path) -> None:
    out = io.StringIO()
    results = tmp_path / "change"
    call_command("compare", *folders, out=results, stdout=out, stderr=io.StringIO())
    # Vessels keep their fat, so the whole liver loses a little less than the five points.
    assert re.search(r"Whole liver, PDFF: -(4\.[6-9]|5\.0) points .*: real fall", out.getvalue())
    names = {path.name for path in results.iterdir()}
    assert {"change.csv", "change.json", "change_pdff.nii.gz", "change_lic_real.nii.gz"} <= names
    data = json.loads((results / "change.json").read_text())
    assert data["response"]["is_responder"]


def test_a_folder_without_results_is_told_in_words(tmp_path: Path) -> None:
    errors = io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("compare", tmp_path, tmp_path, out=tmp_path / "x", stderr=errors)
    assert stopped.value.code == 2
    assert "manage.py analyse" in errors.getvalue()
    assert "[not-a-result-folder]" in errors.getvalue()


def test_a_place_that_cannot_be_written_is_told_in_words(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    errors = io.StringIO()
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit):
        call_command("compare", *folders, out=tmp_path / "file" / "x", stderr=errors)
    assert "choose another output folder" in errors.getvalue()


def test_a_folder_is_not_compared_with_itself(folders: tuple[Path, Path], tmp_path: Path) -> None:
    errors = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("compare", folders[0], folders[0], out=tmp_path, stderr=errors)
    assert "[same-study]" in errors.getvalue()
