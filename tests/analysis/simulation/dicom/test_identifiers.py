from __future__ import annotations

from analysis.simulation.dicom.identifiers import Identifiers


def test_identifiers_are_valid_and_depend_on_every_part():
    one, other = Identifiers("one"), Identifiers("other")
    uids = [one.uid("a", 1), one.uid("a", 2), one.uid("b", 1), other.uid("a", 1)]
    assert len(set(uids)) == 4
    assert all(uid.is_valid and uid.startswith("2.25.") for uid in uids)
    assert one.uid("a", 1) == uids[0]
