from __future__ import annotations

import json
from dataclasses import replace

import pytest

from analysis.errors import UnusableInput
from inference.training import cross_validate as subject
from inference.training import train as training
from inference.training.cross_validate import (
    FOLDS,
    PatientScore,
    Settings,
    cross_validate,
    mean_interval,
    patient_score,
    table,
)
from inference.training.framing import Framing
from inference.training.overlap import Overlap
from inference.training.split import fold_of, is_held_out

SMALL = Framing("abdomen", (((64, 64, 64), 1.0),), around_liver=False, jitter_sd_mm=(0, 0, 0))
SETTINGS = Settings(0.001, 8.0, ("t2w",), (4, 6, 8))


def _patients() -> list[str]:
    """One patient for each fold, and one who is held out."""
    names = [f"patient-{number}" for number in range(200)]
    seen = [name for name in names if not is_held_out(name)]
    each = [next(name for name in seen if fold_of(name) == fold) for fold in range(FOLDS)]
    return [*each, next(name for name in names if is_held_out(name))]


@pytest.fixture
def anatomies(tiny_anatomy, monkeypatch):
    monkeypatch.setattr(training, "FRAMINGS", {"abdomen": SMALL})
    return [replace(tiny_anatomy, patient=patient) for patient in _patients()]


def test_every_training_patient_is_tested_once_by_a_network_that_did_not_see_it(
    anatomies, tmp_path, monkeypatch
) -> None:
    trained_on: list[int] = []
    real = subject.train

    def counted(run, bodies, plan, out, device) -> None:
        trained_on.append(len(bodies))
        real(run, bodies, plan, out, device)

    monkeypatch.setattr(subject, "train", counted)
    report = cross_validate(anatomies, SETTINGS, tmp_path)
    assert trained_on == [FOLDS - 1] * FOLDS
    assert [one["patient"] for one in report["each"]] == _patients()[:-1]
    assert all(one["fold"] == fold_of(one["patient"]) for one in report["each"])
    assert report["patients"] == FOLDS
    assert (tmp_path / "cross-validation.md").read_text().count("\n") == FOLDS + 3
    assert json.loads((tmp_path / "cross-validation.json").read_text())["says"] == subject.SAYS


def test_folds_that_are_done_are_kept(anatomies, tmp_path, monkeypatch) -> None:
    for fold in range(FOLDS):
        score = PatientScore(_patients()[fold], fold, 0.5 + fold / 10, 0.4, 0.1)
        done = {"steps": 7, "patients": [subject.asdict(score)]}
        (tmp_path / f"fold-{fold}.json").write_text(json.dumps(done))
    report = cross_validate([], SETTINGS, tmp_path)
    assert report["liver_dice"]["mean"] == 0.7
    assert not (tmp_path / "fold-0").exists()


def test_results_of_other_settings_are_not_mixed_in(tmp_path) -> None:
    (tmp_path / "settings.json").write_text("{}")
    with pytest.raises(UnusableInput, match="other settings"):
        cross_validate([], SETTINGS, tmp_path)


def test_cases_of_a_patient_are_averaged_so_that_each_patient_counts_once() -> None:
    cases = [Overlap("a", 0.8, 0.1, 0.6), Overlap("b", 0.6, 0.3, 0.2)]
    assert patient_score("p", 2, cases) == PatientScore("p", 2, 0.7, 0.4, 0.2)


def test_the_interval_holds_the_mean_and_narrows_with_more_patients() -> None:
    few, many = mean_interval([0.5, 0.9] * 4), mean_interval([0.5, 0.9] * 100)
    assert few["mean"] == many["mean"] == 0.7
    assert few["interval_95"][0] < many["interval_95"][0] < 0.7 < many["interval_95"][1]
    assert mean_interval([0.8])["standard_deviation"] is None


def test_the_table_has_a_row_for_each_fold_and_one_for_all() -> None:
    scores = [PatientScore("a", 0, 0.8, 0.6, 0.1), PatientScore("b", 1, 0.9, 0.7, 0.1)]
    rows = table(scores, {0: 10, 1: 12}).splitlines()[2:]
    assert [row.split("|")[1].strip() for row in rows] == ["0", "1", "all"]
    assert "0.850" in rows[-1]
