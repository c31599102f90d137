"""Values of DICOM elements as plain Python; a malformed or absent value is None or empty."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydicom.dataset import Dataset

from analysis.ingest.malformed import MALFORMED
from analysis.ingest.values import as_number, as_text


def raw_value(dataset: Dataset | None, tag: int) -> Any:
    """Return the value of an element, or None where it is absent or malformed."""
    if dataset is None:
        return None
    try:
        return dataset[tag].value
    except MALFORMED:  # KeyError where it is absent
        return None


def number(dataset: Dataset | None, tag: int) -> float | None:
    """Return an element as a finite number, or None."""
    return as_number(raw_value(dataset, tag))


def integer(dataset: Dataset | None, tag: int) -> int | None:
    """Return an element as an integer, or None."""
    value = number(dataset, tag)
    return None if value is None else round(value)


def numbers(dataset: Dataset | None, tag: int) -> tuple[float, ...]:
    """Return all values of an element as finite numbers; empty if one of them is not."""
    value = raw_value(dataset, tag)
    if value is None or isinstance(value, str | bytes):
        return ()
    items = list(value) if isinstance(value, Iterable) else [value]
    parsed = [as_number(item) for item in items]
    return tuple(item for item in parsed if item is not None) if None not in parsed else ()


def text(dataset: Dataset | None, tag: int) -> str:
    """Return an element as trimmed printable text; several values parted by backslashes."""
    return as_text(raw_value(dataset, tag))


def words(dataset: Dataset | None, tag: int) -> tuple[str, ...]:
    """Return the values of a multi-valued text element, upper case."""
    value = text(dataset, tag)
    return tuple(part.strip().upper() for part in value.split("\\")) if value else ()


def item(dataset: Dataset | None, tag: int) -> Dataset | None:
    """Return the first item of a sequence, or None."""
    return first_item(raw_value(dataset, tag))


def first_item(value: Any) -> Dataset | None:
    """Return the first item of a sequence's value, or None where it is not one."""
    try:
        first = value[0] if value else None
    except MALFORMED:
        return None
    return first if isinstance(first, Dataset) else None


def private_value(dataset: Dataset | None, group: int, creator: str, element: int) -> Any:
    """Return a private element by its creator; by its usual place where the creator was removed."""
    if dataset is None:
        return None
    for block in range(0x10, 0x20):
        if text(dataset, group << 16 | block) == creator:
            return raw_value(dataset, group << 16 | block << 8 | element)
    if raw_value(dataset, group << 16 | 0x10) is None:
        return raw_value(dataset, group << 16 | 0x1000 | element)
    return None
