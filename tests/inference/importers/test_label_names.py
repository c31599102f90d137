from __future__ import annotations

import pytest

from analysis.errors import ModelError
from inference.importers.label_names import segment_channels, segment_key

EIGHT = {n: f"liver_segment_{n}" for n in range(1, 9)}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("liver_segment_1", "segment_1"),
        ("Couinaud VIII", "segment_8"),
        ("hepatic segment iva", "segment_4"),
        ("Segment 4b", "segment_4"),
        ("S5", "segment_5"),
        ("VI", "segment_6"),
        ("7", None),
        ("segment_9", None),
        ("segment_5a", None),
        ("lung_segment_3", None),
        ("liver", None),
        ("spleen", None),
    ],
)
def test_couinaud_names_are_recognised_and_no_others(name: str, key: str | None) -> None:
    assert segment_key(name) == key


def test_other_labels_are_ignored_and_both_halves_of_iv_count() -> None:
    names = {**EIGHT, 4: "IVa", 9: "IVb", 10: "spleen"}
    channels = segment_channels(names)
    assert 10 not in channels
    assert channels[4] == channels[9] == "segment_4"


def test_a_liver_only_model_is_refused_with_the_reason() -> None:
    with pytest.raises(ModelError, match="liver as a whole but not its segments") as caught:
        segment_channels({1: "liver", 2: "spleen"})
    assert caught.value.code == "model-without-segments"


def test_a_missing_segment_is_named() -> None:
    with pytest.raises(ModelError, match=r"Couinaud segment\(s\) VI; it has liver_segment_1"):
        segment_channels({n: name for n, name in EIGHT.items() if n != 6})


def test_two_labels_of_one_segment_are_refused() -> None:
    with pytest.raises(ModelError, match="both name segment II;"):
        segment_channels({**EIGHT, 9: "segment II"})
