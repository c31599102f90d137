"""``python -m inference.calibration``: how promises of Dice were kept, into a model's card.

Reads the cases that ``inference.training.evaluate --cases`` wrote (CSV with the columns ``case,
patient, promise, liver_dice`` and, where looks disagreed, ``agreement``), fits a rising curve, and
measures it on patients it was not fitted to, one left out at a time.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from analysis.errors import AnalysisError, UnusableInput
from inference.confidence import Calibration, tempered
from inference.postprocessing import LOW_CONFIDENCE

CORNER_SHARES = (0.02, 0.05, 0.10, 0.20, 0.35, 0.55, 0.75)
"""Where the cases, in the order of their promise, are cut: finely where promises are low."""
LEAST_CASES = 10
FAILED_DICE = 0.85
LEAST_PATIENTS = 3


@dataclass(frozen=True, slots=True)
class Observation:
    """What a model promised for one case and what it kept.

    Parameters
    ----------
    case, patient
        Which; cases of one patient are not independent.
    promise
        Uncalibrated confidence, 0 to 1.
    dice
        Of the whole liver against the reference, 0 to 1; 0 where none was found.
    agreement
        Least Dice between looks that disagreed, or None; the curve is not fitted to those.
    """

    case: str
    patient: str
    promise: float
    dice: float
    agreement: float | None = None

    def stated(self, curve: Calibration) -> float:
        """Return the Dice to expect that a reader would have been told."""
        expected = curve.apply(self.promise)
        return expected if self.agreement is None else tempered(expected, self.agreement)

    @property
    def is_found(self) -> bool:
        """Whether a liver was drawn; where none was, the reader is told so."""
        return self.promise > 0


def fitted(observations: Sequence[Observation]) -> list[Observation]:
    """Return the cases that say how promises are kept: a liver was drawn, and no look disagreed."""
    return [one for one in observations if one.agreement is None and one.is_found]


@dataclass(frozen=True, slots=True)
class Quality:
    """How well expected and true Dice agree on patients that were left out of the fit.

    Parameters
    ----------
    mean_absolute_error
        Of the expected Dice.
    rank_correlation
        Spearman's, -1 to 1: whether the worse case has the lower confidence.
    cases, patients
        How many.
    failures, flagged, needlessly_flagged
        Cases of Dice below 0.85 in which a liver was drawn, those of them whose stated confidence
        raises a finding, and cases that reached it and raised one all the same.
    """

    mean_absolute_error: float
    rank_correlation: float
    cases: int
    patients: int
    failures: int
    flagged: int
    needlessly_flagged: int


def fit_calibration(observations: Sequence[Observation]) -> Calibration:
    """Fit a curve that never falls, by isotonic regression, drawn through few corners.

    The first corner is (0, 0): what promises nothing keeps nothing.

    Parameters
    ----------
    observations
        At least one; of equal weight.

    References
    ----------
    Barlow R. E. et al., Statistical Inference under Order Restrictions, Wiley 1972 (pool adjacent
    violators), as in ``scipy.optimize.isotonic_regression``.
    """
    ordered = sorted(observations, key=lambda one: one.promise)
    promises = np.array([one.promise for one in ordered])
    fitted = optimize.isotonic_regression([one.dice for one in ordered]).x
    cuts = [round(share * len(ordered)) for share in CORNER_SHARES]
    groups = np.split(np.arange(len(ordered)), cuts)
    corners: dict[float, float] = {0.0: 0.0}
    for group in (group for group in groups if group.size):
        corners[round(float(promises[group].mean()), 4)] = round(float(fitted[group].mean()), 4)
    return Calibration(tuple(corners), tuple(corners.values()))


def quality_of(observations: Sequence[Observation]) -> Quality:
    """Measure the curve on each patient after fitting it to the others.

    Raises
    ------
    UnusableInput
        If there are too few cases or patients to say anything.
    """
    patients = sorted({one.patient for one in observations})
    if len(patients) < LEAST_PATIENTS or len(observations) < LEAST_CASES:
        raise UnusableInput(
            f"{len(observations)} cases of {len(patients)} patients are too few to calibrate a "
            f"confidence; measure at least {LEAST_CASES} cases of {LEAST_PATIENTS} patients.",
            code="too-few-cases",
        )
    told: list[Observation] = []
    stated: list[float] = []
    for patient in patients:
        curve = fit_calibration([one for one in fitted(observations) if one.patient != patient])
        own = [one for one in observations if one.patient == patient and one.is_found]
        stated += [one.stated(curve) for one in own]
        told += own
    return _quality(told, np.array(stated), len(patients))


def _quality(told: list[Observation], stated: npt.NDArray[np.float64], patients: int) -> Quality:
    kept = np.array([one.dice for one in told])
    failed, flagged = kept < FAILED_DICE, stated < LOW_CONFIDENCE
    rank = float(stats.spearmanr([one.promise for one in told], kept).statistic)
    return Quality(
        mean_absolute_error=round(float(np.abs(stated - kept).mean()), 4),
        rank_correlation=round(rank, 3) if np.isfinite(rank) else 0.0,
        cases=stated.size,
        patients=patients,
        failures=int(failed.sum()),
        flagged=int((failed & flagged).sum()),
        needlessly_flagged=int((~failed & flagged).sum()),
    )


def read_observations(path: Path) -> tuple[Observation, ...]:
    """Read the cases of an evaluation.

    Raises
    ------
    UnusableInput
        If the table is missing or lacks a column.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return tuple(
                Observation(
                    row["case"],
                    row["patient"],
                    float(row["promise"]),
                    float(row["liver_dice"]),
                    float(row["agreement"]) if row.get("agreement") else None,
                )
                for row in csv.DictReader(file)
            )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UnusableInput(
            f"{path.name} is not a table of cases; it needs the columns case, patient, promise "
            "and liver_dice.",
            code="cases-unreadable",
        ) from error


def write_observations(observations: Sequence[Observation], path: Path) -> None:
    """Write the cases of an evaluation as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("case", "patient", "promise", "liver_dice", "agreement"))
        table.writerows(_row(one) for one in observations)


def _row(one: Observation) -> tuple[str, str, float, float, float | str]:
    agreement = "" if one.agreement is None else round(one.agreement, 4)
    return one.case, one.patient, round(one.promise, 4), round(one.dice, 4), agreement


def card_entry(observations: Sequence[Observation], measured_on: str) -> dict[str, Any]:
    """Return what a card states under ``confidence``: the curve and how well it holds."""
    curve, quality = fit_calibration(fitted(observations)), quality_of(observations)
    return {
        "score": "expected Dice of the probabilities times the share in one piece",
        "promised": list(curve.promised),
        "kept": list(curve.kept),
        "mean_absolute_error": quality.mean_absolute_error,
        "rank_correlation": quality.rank_correlation,
        "cases": quality.cases,
        "patients": quality.patients,
        "failures_below": FAILED_DICE,
        "flagged_below": LOW_CONFIDENCE,
        "failures": quality.failures,
        "failures_flagged": quality.flagged,
        "needlessly_flagged": quality.needlessly_flagged,
        "measured_on": measured_on,
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command; exit code 0, or 2 with a sentence when the cases cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m inference.calibration", description=__doc__)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="folder with card.json")
    parser.add_argument("--measured-on", required=True, help="what the cases are, for the card")
    options = parser.parse_args(arguments)
    path = options.model / "card.json"
    try:
        entry = card_entry(read_observations(options.cases), options.measured_on)
    except AnalysisError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    card = json.loads(path.read_text(encoding="utf-8"))
    text = json.dumps({**card, "confidence": entry}, indent=2)
    path.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(
        f"mean absolute error {entry['mean_absolute_error']}, "
        f"rank correlation {entry['rank_correlation']}, {entry['cases']} cases\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
