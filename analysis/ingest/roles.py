"""What a series claims to be, by Image Type and description; evidence, never proof.

Fat fraction is looked for before fat, and a name that says "uncorrected" makes no map.
"""

from __future__ import annotations

import re

from analysis.study import Role

ROLE_BY_IMAGE_TYPE: dict[str, Role] = {
    "FF": Role.PDFF_MAP,
    "PDFF": Role.PDFF_MAP,
    "FAT_FRACTION": Role.PDFF_MAP,
    "FAT_FRACTION_MAP": Role.PDFF_MAP,
    "R2_STAR": Role.R2STAR_MAP,
    "R2STAR": Role.R2STAR_MAP,
    "R2_STAR_MAP": Role.R2STAR_MAP,
    "R2STAR_MAP": Role.R2STAR_MAP,
    "R2* MAP": Role.R2STAR_MAP,
    "T2_STAR": Role.T2STAR_MAP,
    "T2STAR": Role.T2STAR_MAP,
    "T2_STAR_MAP": Role.T2STAR_MAP,
    "T2STAR_MAP": Role.T2STAR_MAP,
    "T2* MAP": Role.T2STAR_MAP,
    "W": Role.WATER,
    "WATER": Role.WATER,
    "F": Role.FAT,
    "FAT": Role.FAT,
    "IP": Role.IN_PHASE,
    "IN_PHASE": Role.IN_PHASE,
    "OP": Role.OPPOSED_PHASE,
    "OUT_PHASE": Role.OPPOSED_PHASE,
    "OPP_PHASE": Role.OPPOSED_PHASE,
    "OPPOSED_PHASE": Role.OPPOSED_PHASE,
}


def _word(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])", re.IGNORECASE)


UNCORRECTED = re.compile(r"w/?o\W+correction|without\W+correction|uncorrected", re.IGNORECASE)
ROLE_BY_DESCRIPTION: tuple[tuple[re.Pattern[str], Role], ...] = (
    (_word(r"ff|pdff(?:map)?|fat[ _.-]?frac(?:tion)?"), Role.PDFF_MAP),
    (
        re.compile(r"r2[ _]?\*|r2[ _]?star|(?<![a-z0-9])r2s(?![a-z0-9])|r2 1/s", re.I),
        Role.R2STAR_MAP,
    ),
    (_word(r"t2[ _]?(?:\*|star|s)[ _-]?map|map[ _-]?t2[ _]?(?:\*|star|s)"), Role.T2STAR_MAP),
    (re.compile(r"^t2\s?\*\s*:", re.IGNORECASE), Role.T2STAR_MAP),
    (_word(r"water(?![ _-]?(?:exc|sat|sup))"), Role.WATER),
    (re.compile(r"[_ ]w$", re.IGNORECASE), Role.WATER),
    (_word(r"fat(?![ _-]?(?:sat|sup|quant|water))"), Role.FAT),
    (re.compile(r"[_ ]f$", re.IGNORECASE), Role.FAT),
    (_word(r"in[ _-]?phase|ip"), Role.IN_PHASE),
    (re.compile(r"[_ ]in$", re.IGNORECASE), Role.IN_PHASE),
    (_word(r"opp(?:osed)?(?:[ _-]?phase)?|out[ _-]?(?:of[ _-]?)?phase|op"), Role.OPPOSED_PHASE),
)


def role_by_text(image_type: tuple[str, ...], description: str) -> Role:
    """Return the role that Image Type, else the description, names; OTHER where neither does.

    >>> role_by_text((), "FatFrac: Ax IDEAL IQ")
    <Role.PDFF_MAP: 'pdff-map'>
    >>> role_by_text((), "FatFrac W/O correction: Ax IDEAL IQ")
    <Role.OTHER: 'other'>
    >>> role_by_text((), "t1_vibe_fat_sat")
    <Role.OTHER: 'other'>
    """
    if UNCORRECTED.search(description):
        return Role.OTHER
    for value in image_type[2:]:
        if value in ROLE_BY_IMAGE_TYPE:
            return ROLE_BY_IMAGE_TYPE[value]
    for pattern, role in ROLE_BY_DESCRIPTION:
        if pattern.search(description):
            return role
    return Role.OTHER
