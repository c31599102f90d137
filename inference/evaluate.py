"""``python -m inference.evaluate``: how well label maps agree with a reference, case by case.

The pairs are rows of a CSV file with the columns ``case, predicted, reference`` and, where the bias
of a measurement matters, ``pdff`` and ``r2star`` (maps on the same grid). Paths are relative to it.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analysis.agreement import LimitsOfAgreement, MaskAgreement, compare_masks, limits_of_agreement
from analysis.anatomy import LIVER, SEGMENTS
from analysis.errors import AnalysisError, OutputFailed, UnusableInput
from analysis.quantities import PDFF, R2STAR, Quantity
from analysis.volume import LabelMap
from inference.evaluation_figure import draw_figure
from inference.nifti_images import read_image, read_labels

MAP_COLUMNS: tuple[tuple[str, Quantity], ...] = (("pdff", PDFF), ("r2star", R2STAR))


@dataclass(frozen=True, slots=True)
class Pair:
    """One case: two label maps and, by quantity key, maps to average inside them."""

    case: str
    predicted: Path
    reference: Path
    maps: tuple[tuple[str, Path], ...] = ()


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Agreement of one region in one case.

    Parameters
    ----------
    case, region
        Which.
    agreement
        Overlap, distances, volumes.
    mean_bias
        (quantity key, mean inside the predicted minus mean inside the reference mask).
    """

    case: str
    region: str
    agreement: MaskAgreement
    mean_bias: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """One region over all cases: medians, and limits of agreement (two cases at least)."""

    region: str
    n: int
    median_dice: float
    lowest_dice: float
    median_false_discovery_rate: float | None
    median_hd95_mm: float | None
    volume_ml: LimitsOfAgreement | None
    mean_bias: tuple[tuple[str, LimitsOfAgreement], ...]


def read_pairs(path: Path) -> tuple[Pair, ...]:
    """Read the CSV file of pairs.

    Raises
    ------
    UnusableInput
        If it is missing, empty or lacks a column.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return tuple(_pair(row, path.parent) for row in rows if row)
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise UnusableInput(
            f"{path.name} is not a table of pairs; it needs the columns case, predicted and "
            "reference.",
            code="pairs-unreadable",
        ) from error


def _pair(row: dict[str, str], folder: Path) -> Pair:
    maps = [(q.key, folder / row[column]) for column, q in MAP_COLUMNS if row.get(column)]
    return Pair(row["case"], folder / row["predicted"], folder / row["reference"], tuple(maps))


def _regions(
    predicted: LabelMap, reference: LabelMap
) -> list[tuple[str, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]:
    regions = [(LIVER.key, predicted.liver, reference.liver)]
    if reference.array.max() > 1:
        regions += [
            (s.key, predicted.array == s.label, reference.array == s.label) for s in SEGMENTS
        ]
    return regions


def _bias(pair: Pair, predicted: LabelMap, reference: LabelMap) -> tuple[tuple[str, float], ...]:
    result = []
    for key, path in pair.maps:
        values = read_image(path).array
        inside = [values[mask & np.isfinite(values)] for mask in (predicted.liver, reference.liver)]
        if all(part.size for part in inside):
            difference = float(inside[0].mean(dtype=float) - inside[1].mean(dtype=float))
            result.append((key, difference))
    return tuple(result)


def evaluate_pair(pair: Pair, liver_labels: tuple[int, ...] = ()) -> tuple[CaseResult, ...]:
    """Compare the liver, and the segments where the reference has them, of one case.

    Parameters
    ----------
    pair
        Two label maps on one grid.
    liver_labels
        Values that mean liver in the reference; () when it holds segments 1-8.

    Raises
    ------
    UnusableInput, GeometryMismatch
        If a file cannot be read or the grids differ.
    """
    predicted, reference = read_labels(pair.predicted), read_labels(pair.reference, liver_labels)
    predicted.geometry.require_match(reference.geometry)
    bias = _bias(pair, predicted, reference)
    return tuple(
        CaseResult(
            pair.case,
            region,
            compare_masks(first, second, predicted.geometry),
            bias if region == LIVER.key else (),
        )
        for region, first, second in _regions(predicted, reference)
    )


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


def _limits(differences: list[float]) -> LimitsOfAgreement | None:
    return limits_of_agreement(differences) if len(differences) > 1 else None


def _bias_limits(rows: list[CaseResult]) -> tuple[tuple[str, LimitsOfAgreement], ...]:
    keys = sorted({key for row in rows for key, _ in row.mean_bias})
    values = {
        key: [dict(r.mean_bias)[key] for r in rows if key in dict(r.mean_bias)] for key in keys
    }
    limits = ((key, _limits(differences)) for key, differences in values.items())
    return tuple((key, limit) for key, limit in limits if limit is not None)


def summarise(results: tuple[CaseResult, ...]) -> tuple[Summary, ...]:
    """Return one summary a region, the whole liver first."""
    summaries = []
    for region in dict.fromkeys(result.region for result in results):
        rows = [result for result in results if result.region == region]
        dice = [row.agreement.dice for row in rows]
        summaries.append(
            Summary(
                region=region,
                n=len(rows),
                median_dice=float(np.median(dice)),
                lowest_dice=min(dice),
                median_false_discovery_rate=_median(
                    [row.agreement.false_discovery_rate for row in rows]
                ),
                median_hd95_mm=_median([row.agreement.hd95_mm for row in rows]),
                volume_ml=_limits([r.agreement.volume_difference_ml for r in rows]),
                mean_bias=_bias_limits(rows),
            )
        )
    return tuple(summaries)


def write_results(results: tuple[CaseResult, ...], folder: Path) -> tuple[Summary, ...]:
    """Write ``evaluation.json``, ``evaluation.csv`` and ``evaluation.png``; return the summary.

    Raises
    ------
    OutputFailed
        If they cannot be written.
    """
    summary = summarise(results)
    try:
        _write_files(results, summary, folder)
    except OSError as error:
        raise OutputFailed(
            f"The evaluation could not be written to {folder} ({error.strerror}); free space or "
            "choose another folder.",
            code="output-failed",
            permanent=False,
        ) from error
    return summary


def _write_files(
    results: tuple[CaseResult, ...], summary: tuple[Summary, ...], folder: Path
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    content = {"summary": [asdict(s) for s in summary], "cases": [asdict(r) for r in results]}
    (folder / "evaluation.json").write_text(json.dumps(content, indent=1), encoding="utf-8")
    rows = [
        {"case": r.case, "region": r.region, **asdict(r.agreement), **dict(r.mean_bias)}
        for r in results
    ]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with (folder / "evaluation.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    draw_figure([(r.region, r.agreement) for r in results], folder / "evaluation.png")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; exit code 0, or 2 when the input cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m inference.evaluate", description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True, help="CSV: case, predicted, reference")
    parser.add_argument("--out", type=Path, default=Path("evaluation"))
    parser.add_argument(
        "--reference-liver", type=int, nargs="*", default=[], help="values that mean liver"
    )
    options = parser.parse_args(arguments)
    try:
        pairs = read_pairs(options.pairs)
        liver = tuple(options.reference_liver)
        results = tuple(r for pair in pairs for r in evaluate_pair(pair, liver))
        if not results:
            raise UnusableInput(f"{options.pairs.name} names no pair.", code="pairs-empty")
        summary = write_results(results, options.out)
    except AnalysisError as error:
        print(error.message, file=sys.stderr)
        return 2
    for row in summary:
        bias = f"  volume bias {row.volume_ml.bias:+.0f} ml" if row.volume_ml else ""
        print(
            f"{row.region:10s} n={row.n}  Dice median {row.median_dice:.3f} "
            f"(lowest {row.lowest_dice:.3f}){bias}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
