from __future__ import annotations

import pytest

from analysis.ingest.roles import role_by_text
from analysis.study import Role


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("FatFrac: Ax IDEAL IQ", Role.PDFF_MAP),
        ("vibe_q-dixon_tra_p4_bh_FF", Role.PDFF_MAP),
        ("vibe963_q_dixon_tra_p4_bh_DL_FF", Role.PDFF_MAP),
        ("liver PDFF", Role.PDFF_MAP),
        ("Fat Fraction", Role.PDFF_MAP),
        ("FatFrac W/O correction: Ax IDEAL IQ", Role.OTHER),
        ("R2*: Ax IDEAL IQ", Role.R2STAR_MAP),
        ("vibe963_q_dixon_tra_p4_bh_DL_R2s_Eff", Role.R2STAR_MAP),
        ("sub-1_R2starmap", Role.R2STAR_MAP),
        ("T2*: Ax IDEAL IQ", Role.T2STAR_MAP),
        ("T2*_map", Role.T2STAR_MAP),
        ("sub-1_T2starmap", Role.T2STAR_MAP),
        ("T2*_weighted_GRE", Role.OTHER),
        ("WATER: Ax IDEAL IQ", Role.WATER),
        ("t1_vibe_dixon_tra_W", Role.WATER),
        ("FAT: Ax IDEAL IQ", Role.FAT),
        ("t1_vibe_dixon_tra_F", Role.FAT),
        ("t1_vibe_fat_sat", Role.OTHER),
        ("ME_vibe_fatquant_pre", Role.OTHER),
        ("InPhase: Ax LAVA Flex", Role.IN_PHASE),
        ("t1_vibe_dixon_tra_in", Role.IN_PHASE),
        ("OutPhase: Ax LAVA Flex", Role.OPPOSED_PHASE),
        ("t1_vibe_dixon_tra_opp", Role.OPPOSED_PHASE),
        ("ME_vibe_fatquant_pre_Eco0_OPP1", Role.OTHER),
        ("vibe_q-dixon_tra_p4_bh", Role.OTHER),
        ("t2_haste_tra", Role.OTHER),
    ],
)
def test_description_tells_the_role(description: str, expected: Role) -> None:
    assert role_by_text((), description) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("FF", Role.PDFF_MAP), ("T2_STAR", Role.T2STAR_MAP), ("W", Role.WATER), ("F", Role.FAT)],
)
def test_image_type_comes_before_the_description(value: str, expected: Role) -> None:
    assert role_by_text(("ORIGINAL", "PRIMARY", value, value), "mDIXON opp") is expected
