from __future__ import annotations

import csv
import json
from pathlib import Path

import nibabel
import numpy as np
import pytest

from inference.evaluate import evaluate_pair, main, read_pairs, summarise

AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])


def save(path: Path, values: np.ndarray) -> None:
    nibabel.save(nibabel.Nifti1Image(values, AFFINE), path)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Two cases: equal masks, and a prediction that is one of ten slices too long."""
    reference = np.zeros((20, 20, 20), np.uint8)
    reference[5:15, 5:15, 5:15] = 5
    reference[5:10, 5:15, 5:15] = 6
    longer = reference.copy()
    longer[15, 5:15, 5:15] = 5
    pdff = np.where(reference > 0, 10.0, 32.0).astype(np.float32)
    save(tmp_path / "reference.nii.gz", reference)
    save(tmp_path / "longer.nii.gz", longer)
    save(tmp_path / "pdff.nii.gz", pdff)
    table = tmp_path / "pairs.csv"
    table.write_text(
        "case,predicted,reference,pdff\n"
        "same,reference.nii.gz,reference.nii.gz,pdff.nii.gz\n"
        "longer,longer.nii.gz,reference.nii.gz,pdff.nii.gz\n"
    )
    return table


def test_agreement_known_by_construction(pairs: Path) -> None:
    same, longer = (evaluate_pair(pair) for pair in read_pairs(pairs))
    assert same[0].agreement.dice == 1
    liver = longer[0].agreement
    assert liver.dice == pytest.approx(2000 / 2100)
    assert liver.false_discovery_rate == pytest.approx(1 / 11)
    assert liver.volume_difference_ml == pytest.approx(0.8)


def test_the_bias_of_pdff_is_the_difference_of_the_means(pairs: Path) -> None:
    _, longer = (evaluate_pair(pair) for pair in read_pairs(pairs))
    assert dict(longer[0].mean_bias)["PDFF"] == pytest.approx((1000 * 10 + 100 * 32) / 1100 - 10)


def test_segments_are_compared_where_the_reference_has_them(pairs: Path) -> None:
    results = {r.region: r for r in evaluate_pair(read_pairs(pairs)[1])}
    assert results["segment_6"].agreement.dice == 1
    assert results["segment_5"].agreement.dice == pytest.approx(1000 / 1100)


def test_the_summary_names_the_worst_case(pairs: Path) -> None:
    results = tuple(r for pair in read_pairs(pairs) for r in evaluate_pair(pair))
    liver = summarise(results)[0]
    assert (liver.region, liver.n) == ("liver", 2)
    assert liver.lowest_dice == pytest.approx(2000 / 2100)
    assert liver.volume_ml is not None
    assert liver.volume_ml.bias == pytest.approx(0.4)


def test_the_command_writes_json_csv_and_a_figure(
    pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--pairs", str(pairs), "--out", str(tmp_path / "out")]) == 0
    content = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert content["summary"][0]["n"] == 2
    with (tmp_path / "out" / "evaluation.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert float(rows[0]["dice"]) == 1
    assert (tmp_path / "out" / "evaluation.png").stat().st_size > 5000
    assert "Dice median" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "case,predicted,reference\nx,no.nii,no.nii\n"])
def test_unusable_pairs_end_with_code_two_and_a_sentence(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "pairs.csv"
    table.write_text(text)
    assert main(["--pairs", str(table), "--out", str(tmp_path / "out")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_results_that_cannot_be_written_are_told(
    pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    assert main(["--pairs", str(pairs), "--out", str(tmp_path / "taken")]) == 2
    assert "choose another folder" in capsys.readouterr().err
