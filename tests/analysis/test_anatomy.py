from __future__ import annotations

from pydicom.sr.codedict import codes

from analysis.anatomy import (
    LEFT_LOBE,
    LIVER,
    PARTS_OF_4,
    REGIONS,
    RIGHT_LOBE,
    SEGMENT_BY_LABEL,
    SEGMENTS,
    STRUCTURES,
)

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")


def test_labels_one_to_eight_are_segments_one_to_eight() -> None:
    assert sorted(SEGMENT_BY_LABEL) == list(range(1, 9))
    for number, segment in enumerate(SEGMENTS, start=1):
        assert segment.key == f"segment_{number}"
        assert segment.name.split()[0] == ROMAN[number - 1]


def test_snomed_codes_are_those_of_the_standard() -> None:
    assert LIVER.snomed == codes.SCT.Liver.value
    for number, segment in enumerate(SEGMENTS):
        keyword = f"CouinaudHepaticSegment{ROMAN[number]}"
        assert segment.snomed == getattr(codes.SCT, keyword).value


def test_colours_and_codes_are_all_different() -> None:
    assert len({s.colour for s in REGIONS}) == len(REGIONS)
    assert len({s.snomed for s in REGIONS}) == len(REGIONS)


def test_the_parts_of_segment_four_follow_it_and_are_no_labels() -> None:
    names = [region.name.split()[0] for region in REGIONS[1:]]
    assert names == ["I", "II", "III", "IV", "IVa", "IVb", "V", "VI", "VII", "VIII"]
    assert set(REGIONS) == {*STRUCTURES, *PARTS_OF_4}
    assert all(part.label == 0 for part in PARTS_OF_4)


def test_the_lobes_are_disjoint_and_leave_out_the_caudate() -> None:
    assert set(LEFT_LOBE) | set(RIGHT_LOBE) == {s.key for s in SEGMENTS} - {"segment_1"}
    assert not set(LEFT_LOBE) & set(RIGHT_LOBE)
