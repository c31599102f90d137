from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.trials.reading_schemes import (
    Assignment,
    Blinding,
    SchemeRefused,
    SchemeRules,
)

TWO = {"readers": 2, "pdff_points": 2.0}


def test_a_scheme_without_words_is_one_reader_who_sees_everything() -> None:
    rules = SchemeRules.of({})
    assert (rules.readers, rules.assignment, rules.blinded_to) == (1, Assignment.MANUAL, ())
    assert not rules.has_adjudication
    assert not any(rules.hides(each) for each in Blinding)


def test_blinding_is_kept_in_one_order_and_once() -> None:
    rules = SchemeRules.of({"blinded_to": ["subject", "site", "site"]})
    assert rules.blinded_to == (Blinding.SITE, Blinding.SUBJECT)
    assert rules.hides(Blinding.SITE)
    assert not rules.hides(Blinding.TIME)


@given(
    readers=st.sampled_from([1, 2]),
    due_days=st.integers(1, 365),
    blinded_to=st.lists(st.sampled_from([each.value for each in Blinding])),
    assignment=st.sampled_from([each.value for each in Assignment]),
    limit=st.floats(0.1, 100),
    sites_see_results=st.booleans(),
)
def test_a_scheme_written_and_read_is_the_same(limit: float, **rules: Any) -> None:
    if rules["readers"] == 2:
        rules["pdff_points"] = limit
    scheme = SchemeRules.of(rules)
    assert SchemeRules.of(scheme.as_table()) == scheme


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ({"readers": 3}, "one or two readers"),
        ({"readers": 0}, "one or two readers"),
        ({"readers": True}, "right kind"),
        ({"readers": "2"}, "right kind"),
        ({"readers": 2}, "at least one rule"),
        ({"readers": 1, "pdff_points": 2.0}, "one reader has none"),
        ({**TWO, "pdff_points": 0}, "positive"),
        ({**TWO, "pdff_points": -1.5}, "positive"),
        ({**TWO, "pdff_points": float("nan")}, "positive"),
        ({**TWO, "grade_differs": "yes"}, "right kind"),
        ({"due_days": 0}, "due after"),
        ({"due_days": 366}, "due after"),
        ({"blinded_to": ["weather"]}, "not known"),
        ({"blinded_to": 7}, "not known"),
        ({"assignment": "lottery"}, "not known"),
        ({"reader": 1}, "No such rule: reader"),
    ],
)
def test_a_scheme_that_makes_no_sense_is_refused(rules: dict[str, Any], says: str) -> None:
    with pytest.raises(SchemeRefused, match=says):
        SchemeRules.of(rules)
