"""Which output channel of a foreign model is which Couinaud segment, by the names of its labels."""

from __future__ import annotations

import re
from collections.abc import Mapping

from analysis.anatomy import BY_KEY, LIVER, SEGMENTS
from analysis.errors import ModelError

# "liver_segment_4", "Couinaud IVa", "hepatic segment 8", "segment_2", "S5"
_SEGMENT_NAME = re.compile(
    r"(?:(?:liver|hepatic|couinaud)[ _-]*)*(?:segment|seg|s)?[ _-]*"
    r"(?P<number>viii|vii|vi|iv|v|iii|ii|i|[1-8])[ _-]?(?P<half>[ab]?)"
)
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii")


def segment_key(name: str) -> str | None:
    """Return the region key of a label's name, or None when it names no Couinaud segment.

    A bare number says nothing and is no segment; IVa and IVb are both segment IV.

    Examples
    --------
    >>> segment_key("liver_segment_4"), segment_key("Couinaud IVb"), segment_key("lung_segment_4")
    ('segment_4', 'segment_4', None)
    """
    lowered = name.strip().lower()
    found = _SEGMENT_NAME.fullmatch(lowered)
    if found is None or lowered.isdigit():
        return None
    stated = found["number"]
    number = int(stated) if stated.isdigit() else _ROMAN.index(stated) + 1
    return f"segment_{number}" if number == 4 or not found["half"] else None


def _refusal(names: Mapping[int, str], missing: list[str]) -> ModelError:
    if any(name.strip().lower() == LIVER.key for name in names.values()):
        return ModelError(
            "This model finds the liver as a whole but not its segments; Lobule needs the eight "
            "Couinaud segments. Import a model whose labels are liver_segment_1 to "
            "liver_segment_8.",
            code="model-without-segments",
        )
    return ModelError(
        f"The model's labels do not name the Couinaud segment(s) {', '.join(missing)}; it has "
        f"{', '.join(names.values()) or 'none'}. Name them liver_segment_1 to liver_segment_8.",
        code="model-labels-unknown",
    )


def segment_channels(names: Mapping[int, str]) -> dict[int, str]:
    """Return the region key of each output channel that is a Couinaud segment.

    Parameters
    ----------
    names
        Label name of each output channel; those that are no segment are ignored.

    Raises
    ------
    ModelError
        If one of the eight segments is missing, or two labels name the same one.
    """
    channels = {n: key for n, name in names.items() if (key := segment_key(name)) is not None}
    missing = [segment.name for segment in SEGMENTS if segment.key not in channels.values()]
    if missing:
        raise _refusal(names, missing)
    for key in set(channels.values()) - {"segment_4"}:
        if list(channels.values()).count(key) > 1:
            raise ModelError(
                f"Two labels of the model both name segment {BY_KEY[key].name}; rename one.",
                code="model-labels-ambiguous",
            )
    return channels
