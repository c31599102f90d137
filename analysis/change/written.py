"""A comparison as files: a table, plain data, and maps."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.anatomy import REGION_BY_KEY
from analysis.change.delta_maps import DeltaMap
from analysis.change.images import ImageComparison
from analysis.change.numbers import NumberComparison, Response
from analysis.change.verdict import Change
from analysis.export.nifti import FILE_STEMS
from analysis.nifti import encode_nifti

CHANGE_VERSION = "1.0"
REPORTED, SAME_TISSUE = "each visit's own regions", "same tissue, registered"
COLUMNS = (
    *("quantity", "region", "regions", "unit", "baseline", "follow_up", "difference"),
    *("standard_error", "limit", "relative_percent", "verdict", "reason"),
)


def change_csv(numbers: NumberComparison, images: ImageComparison | None = None) -> str:
    """Return all changes as CSV: unrounded numbers, one row a quantity, region and way.

    Parameters
    ----------
    numbers
        Of the two reports.
    images
        Of the registered images, where they were compared.
    """
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(COLUMNS)
    rows = [(REPORTED, change) for change in numbers.changes]
    rows += [(SAME_TISSUE, change) for change in (images.changes if images else ())]
    table.writerows(_cells(how, change) for how, change in rows)
    return stream.getvalue()


def _cells(how: str, change: Change) -> tuple[Any, ...]:
    known = change.follow_up or change.baseline
    ends = (change.baseline, change.follow_up)
    return (
        change.quantity,
        REGION_BY_KEY[change.region].key,
        how,
        known.unit if known else "",
        *("" if end is None else end.value for end in ends),
        *_blank(change.difference, change.standard_error, change.limit, change.relative_percent),
        change.verdict.value,
        change.reason,
    )


def _blank(*values: float | None) -> Iterable[float | str]:
    return ("" if value is None else value for value in values)


def change_to_dict(
    numbers: NumberComparison, images: ImageComparison | None = None
) -> dict[str, Any]:
    """Return a comparison as plain data: dicts, lists, strings, numbers, None.

    Parameters
    ----------
    numbers, images
        As in ``change_csv``.
    """
    findings = images.findings if images else numbers.findings
    return {
        "schema_version": CHANGE_VERSION,
        "conditions": asdict(numbers.conditions),
        "response": _response_to_dict(numbers.response) if numbers.response else None,
        "changes": [_change_to_dict(change) for change in numbers.changes],
        "same_tissue": [_change_to_dict(change) for change in (images.changes if images else ())],
        "registration": asdict(images.quality) if images else None,
        "findings": [asdict(finding) for finding in findings],
    }


def _response_to_dict(response: Response) -> dict[str, Any]:
    return asdict(response) | {"text": response.text}


def _change_to_dict(change: Change) -> dict[str, Any]:
    texts = {
        "difference": change.difference_text,
        "limit": change.limit_text,
        "relative": change.relative_text,
        "verdict": change.verdict.words,
    }
    return asdict(change) | {"relative_percent": change.relative_percent, "text": texts}


def delta_files(delta: DeltaMap) -> dict[str, bytes]:
    """Return the maps of a change as NIfTI, by file name; not a number where it is not known.

    Parameters
    ----------
    delta
        The map of change.
    """
    stem = next(stem for quantity, stem in FILE_STEMS if quantity is delta.quantity)
    unit = delta.quantity.ucum
    named = {
        f"change_{stem}.nii.gz": (delta.difference, f"Change of {delta.quantity.key} in {unit}"),
        f"change_{stem}_standard_error.nii.gz": (delta.standard_error, f"Its error in {unit}"),
    }
    files = {
        name: encode_nifti(_known(delta, array), delta.geometry, text)
        for name, (array, text) in named.items()
    }
    real = encode_nifti(delta.real.astype(np.int16), delta.geometry, "Real change: -1 fell, 1 rose")
    return files | {f"change_{stem}_real.nii.gz": real}


def _known(delta: DeltaMap, array: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.where(delta.valid, array, np.float32(np.nan))
