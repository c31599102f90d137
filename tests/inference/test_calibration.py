from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import UnusableInput
from inference.calibration import (
    Observation,
    fit_calibration,
    fitted,
    main,
    quality_of,
    read_observations,
    write_observations,
)
from inference.catalogue import ModelSpec, load_spec
from inference.confidence import Calibration
from inference.recipes import PercentileRecipe


def cases(keep: float, noise: float = 0.0, patients: int = 8) -> list[Observation]:
    """Return cases whose Dice is ``keep`` times the promise."""
    rng = np.random.default_rng(3)
    return [
        Observation(f"p{patient} {n}", f"p{patient}", promise, keep * promise + float(shift))
        for patient in range(patients)
        for n, (promise, shift) in enumerate(
            zip(np.linspace(0.3, 0.95, 5), rng.normal(0, noise, 5), strict=True)
        )
    ]


def test_a_model_that_promises_too_much_is_brought_down() -> None:
    curve = fit_calibration(cases(keep=0.8))
    for promise in (0.35, 0.6, 0.9):
        assert curve.apply(promise) == pytest.approx(0.8 * promise, abs=0.02)


def test_the_error_on_patients_left_out_is_that_of_the_noise() -> None:
    quality = quality_of(cases(keep=0.9, noise=0.03))
    assert (quality.cases, quality.patients) == (40, 8)
    assert quality.mean_absolute_error == pytest.approx(0.03 * np.sqrt(2 / np.pi), abs=0.015)
    assert quality.rank_correlation > 0.95


def test_a_confidence_that_says_nothing_has_no_rank_correlation() -> None:
    rng = np.random.default_rng(5)
    unrelated = [
        Observation(str(n), f"p{n % 20}", float(rng.uniform()), float(rng.uniform(0.5, 1)))
        for n in range(200)
    ]
    quality = quality_of(unrelated)
    assert abs(quality.rank_correlation) < 0.2
    assert quality.mean_absolute_error > 0.1


def test_the_curve_has_few_corners_and_never_falls() -> None:
    curve = fit_calibration(cases(keep=0.9, noise=0.2))
    assert len(curve.promised) <= 8
    assert list(curve.kept) == sorted(curve.kept)


def test_a_handful_of_cases_is_too_few() -> None:
    with pytest.raises(UnusableInput, match="too few to calibrate"):
        quality_of(cases(keep=0.9, patients=2))


def test_cases_come_back_from_their_table(tmp_path: Path) -> None:
    written = cases(keep=0.5)
    write_observations(written, tmp_path / "cases.csv")
    back = read_observations(tmp_path / "cases.csv")
    assert [one.patient for one in back] == [one.patient for one in written]
    assert back[3].dice == pytest.approx(written[3].dice, abs=1e-4)


def test_the_command_writes_a_curve_that_the_run_time_reads(
    tmp_path: Path, spec: ModelSpec, capsys: pytest.CaptureFixture[str]
) -> None:
    write_observations(cases(keep=0.8), tmp_path / "cases.csv")
    folder = spec.path.parent
    arguments = ["--cases", str(tmp_path / "cases.csv"), "--model", str(folder)]
    assert main([*arguments, "--measured-on", "blocks"]) == 0
    assert "rank correlation 1.0, 40 cases" in capsys.readouterr().out
    recipe = load_spec(folder).recipe
    assert isinstance(recipe, PercentileRecipe)
    assert recipe.calibration.apply(0.9) == pytest.approx(0.72, abs=0.02)
    assert json.loads((folder / "card.json").read_text())["confidence"]["measured_on"] == "blocks"


def test_a_table_of_something_else_is_refused_in_words(
    tmp_path: Path, spec: ModelSpec, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cases.csv").write_text("name,value\na,1\n")
    arguments = ["--cases", str(tmp_path / "cases.csv"), "--model", str(spec.path.parent)]
    assert main([*arguments, "--measured-on", "x"]) == 2
    assert "needs the columns" in capsys.readouterr().err


def test_cases_whose_looks_disagreed_or_that_found_nothing_are_not_fitted_to() -> None:
    plain = cases(keep=0.9, noise=0.0)
    odd = [Observation("o", "p0", 0.9, 0.1, agreement=0.3), Observation("n", "p0", 0.0, 0.0)]
    assert fitted([*plain, *odd]) == plain


def test_what_is_stated_where_looks_disagreed_is_no_more_than_their_overlap_allows() -> None:
    curve = Calibration((0.0, 1.0), (0.0, 1.0))
    assert Observation("a", "p", 0.95, 0.9).stated(curve) == pytest.approx(0.95)
    assert Observation("a", "p", 0.95, 0.9, agreement=0.4).stated(curve) == pytest.approx(0.7)


def test_failures_are_counted_and_so_is_who_was_warned() -> None:
    good = [Observation(f"g{n}", f"p{n % 6}", 0.95, 0.95) for n in range(30)]
    bad = [Observation(f"b{n}", f"p{n}", 0.5, 0.5) for n in range(6)]
    missed = [Observation("m", "p1", 0.95, 0.6)]
    doubted = [Observation("d", "p2", 0.95, 0.95, agreement=0.5)]
    quality = quality_of([*good, *bad, *missed, *doubted])
    assert (quality.failures, quality.flagged, quality.needlessly_flagged) == (7, 6, 1)


def test_an_agreement_comes_back_from_the_table(tmp_path: Path) -> None:
    table = tmp_path / "cases.csv"
    told = (Observation("a", "p", 0.9, 0.8, 0.6), Observation("b", "p", 0.9, 0.8))
    write_observations(told, table)
    assert read_observations(table) == told
