"""Results of stages on disc: frozen dataclasses as JSON by their type hints, arrays beside it.

No pickle, so that a stored file can hold no code. What a type hint may say: ``str``, ``int``,
``float``, ``bool``, an enumeration, ``Path``, ``NDArray``, a frozen dataclass, a ``tuple`` of these
and ``X | None``. Rows of the fixed tables (quantities, structures) are stored by their key.

What an earlier version wrote stays readable as long as fields were only added, with defaults. What
does not fit the types of today (a field that is gone, is new without a default, or has another
type) is ``stored-result-outdated``: the stage that made it is run again.
"""

from __future__ import annotations

import hashlib
import json
import math
import types
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from analysis import anatomy, quantities
from analysis.errors import OutputFailed
from analysis.wording import words
from portal.runs.array_files import damaged, read_array, write_array

Json = Any
Hint = Any

VALUE_FILE = "value.json"
ARRAY_FOLDER = "arrays"
NO_ARRAYS = Path("/nonexistent")  # for values that hold none
OUTDATED = "stored-result-outdated"
TABLES: dict[type, dict[str, Any]] = {
    quantities.Quantity: dict(quantities.BY_KEY),
    anatomy.Structure: dict(anatomy.BY_KEY),
}


def write_value(value: object, hint: Hint, folder: Path) -> str:
    """Write ``value`` of the type ``hint`` into ``folder``; return the SHA-256 of its content.

    The JSON names every array by its own SHA-256, so that the hash of the JSON covers all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tree = encode(value, hint, folder / ARRAY_FOLDER)
    text = json.dumps(tree, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    content = text.encode()
    (folder / VALUE_FILE).write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def read_value(hint: Hint, folder: Path, sha256: str) -> Any:
    """Read what ``write_value`` wrote.

    Raises
    ------
    OutputFailed
        ``stored-result-damaged`` if it is missing or was changed, ``stored-result-outdated`` if
        another version wrote it and it cannot be read any more.
    """
    path = folder / VALUE_FILE
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise damaged(VALUE_FILE)
    return decode(json.loads(content), hint, folder / ARRAY_FOLDER)


def outdated(what: str) -> OutputFailed:
    """Return the error for a stored result that does not fit the types of this version."""
    return OutputFailed(
        words(
            "A stored result of this run was written by another version of Lobule "
            "(%(what)s); start the analysis again.",
            what=what,
        ),
        code=OUTDATED,
    )


def encode(value: Any, hint: Hint, arrays: Path) -> Json:
    """Return ``value`` as JSON; arrays are written into the folder ``arrays``."""
    return _rule(hint).encode(value, hint, arrays)


def decode(data: Json, hint: Hint, arrays: Path) -> Any:
    """Return the value of type ``hint`` that ``data`` stands for.

    Raises
    ------
    OutputFailed
        ``stored-result-outdated`` if ``data`` does not fit the type.
    """
    rule = _rule(hint)
    try:
        return rule.decode(data, hint, arrays)
    except (TypeError, ValueError, LookupError) as error:  # whole by its hash, so of another shape
        raise outdated(getattr(hint, "__name__", str(hint))) from error


def _encode_scalar(value: Any, hint: Hint, arrays: Path) -> Json:
    plain = hint(value)
    if plain != value:
        raise TypeError(f"{value!r} is not of type {hint.__name__}")
    return plain


def _encode_float(value: Any, hint: Hint, arrays: Path) -> Json:
    plain = float(value)
    return plain if math.isfinite(plain) else str(plain)  # JSON knows neither NaN nor infinity


def _encode_optional(value: Any, hint: Hint, arrays: Path) -> Json:
    return None if value is None else encode(value, _inner(hint), arrays)


def _decode_optional(data: Json, hint: Hint, arrays: Path) -> Any:
    return None if data is None else decode(data, _inner(hint), arrays)


def _inner(hint: Hint) -> Hint:
    inner = [part for part in get_args(hint) if part is not type(None)]
    if len(inner) != 1:
        raise TypeError(f"{hint} cannot be stored: only one type or None")
    return inner[0]


def _element_hints(hint: Hint, count: int) -> tuple[Hint, ...]:
    parts = get_args(hint)
    if len(parts) == 2 and parts[1] is Ellipsis:
        return (parts[0],) * count
    if len(parts) != count:
        raise TypeError(f"{hint} cannot hold {count} elements")
    return parts


def _encode_tuple(value: Any, hint: Hint, arrays: Path) -> Json:
    hints = _element_hints(hint, len(value))
    return [encode(item, each, arrays) for item, each in zip(value, hints, strict=True)]


def _decode_tuple(data: Json, hint: Hint, arrays: Path) -> Any:
    hints = _element_hints(hint, len(data))
    return tuple(decode(item, each, arrays) for item, each in zip(data, hints, strict=True))


def _origin(hint: Hint) -> Any:
    return get_origin(hint)


@cache
def _field_hints(kind: Hint) -> dict[str, Hint]:
    return get_type_hints(kind)


def _encode_dataclass(value: Any, hint: Hint, arrays: Path) -> Json:
    kind: Any = type(value)
    if kind is not hint:
        raise TypeError(f"expected {hint.__name__}, not {kind.__name__}")
    hints = _field_hints(hint)
    return {f.name: encode(getattr(value, f.name), hints[f.name], arrays) for f in fields(hint)}


def _decode_dataclass(data: Json, hint: Hint, arrays: Path) -> Any:
    hints = _field_hints(hint)
    known = {f.name: f for f in fields(hint)}
    unknown = sorted(set(data) - set(known))
    missing = [
        name for name, field in known.items() if name not in data and not _has_default(field)
    ]
    if unknown or missing:
        raise outdated(f"{hint.__name__}: {', '.join([*unknown, *missing])}")
    return hint(**{name: decode(part, hints[name], arrays) for name, part in data.items()})


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _encode_array(value: Any, hint: Hint, arrays: Path) -> Json:
    return write_array(arrays, np.asarray(value))


def _encode_row(value: Any, hint: Hint, arrays: Path) -> Json:
    row: Any = TABLES[hint].get(value.key)
    if row is not value:
        raise TypeError(f"{value.key!r} is not a row of the table of {hint.__name__}")
    return value.key


@dataclass(frozen=True, slots=True)
class _Rule:
    applies: Callable[[Hint], bool]
    encode: Callable[[Any, Hint, Path], Json]
    decode: Callable[[Json, Hint, Path], Any]


# The first rule that applies is taken, so the tables come before dataclasses in general.
_RULES: tuple[_Rule, ...] = (
    _Rule(
        lambda hint: hint in (str, int, bool),
        _encode_scalar,
        lambda data, hint, arrays: hint(data),
    ),
    _Rule(lambda hint: hint is float, _encode_float, lambda data, hint, arrays: float(data)),
    _Rule(
        lambda hint: _origin(hint) in (Union, types.UnionType),
        _encode_optional,
        _decode_optional,
    ),
    _Rule(lambda hint: _origin(hint) is tuple, _encode_tuple, _decode_tuple),
    _Rule(
        lambda hint: _origin(hint) is np.ndarray,
        _encode_array,
        lambda data, hint, arrays: read_array(arrays, data),
    ),
    _Rule(
        lambda hint: isinstance(hint, type) and issubclass(hint, Enum),
        lambda value, hint, arrays: hint(value).value,
        lambda data, hint, arrays: hint(data),
    ),
    _Rule(
        lambda hint: hint is Path,
        lambda value, hint, arrays: str(value),
        lambda data, hint, arrays: Path(data),
    ),
    _Rule(
        lambda hint: hint in TABLES,
        _encode_row,
        lambda data, hint, arrays: TABLES[hint][data],
    ),
    _Rule(is_dataclass, _encode_dataclass, _decode_dataclass),
)


def _rule(hint: Hint) -> _Rule:
    for rule in _RULES:
        if rule.applies(hint):
            return rule
    raise TypeError(f"a value of type {hint} cannot be stored")
