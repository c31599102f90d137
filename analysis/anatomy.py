"""The one table of anatomical structures: label value, name, SNOMED CT code and colour.

Codes: SNOMED CT as in DICOM PS3.16 CID 7151 (liver and Couinaud segments). Colours of the segments
are spread in hue and lightness so that neighbours differ also for colour-blind readers.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Structure:
    """An anatomical structure that a label map can hold.

    Parameters
    ----------
    key
        Region name in files and API, such as ``"segment_5"``.
    label
        Value in label maps; 0, as background, for a part that no label map holds.
    name
        Name shown to readers.
    snomed
        SNOMED CT code value.
    snomed_meaning
        SNOMED CT code meaning.
    colour
        Red, green, blue, each 0-255.
    """

    key: str
    label: int
    name: str
    snomed: str
    snomed_meaning: str
    colour: tuple[int, int, int]


LIVER = Structure("liver", 255, "Whole liver", "10200004", "Liver", (40, 140, 40))

SEGMENTS: tuple[Structure, ...] = (
    Structure("segment_1", 1, "I (caudate)", "71133005", "Hepatic segment I", (136, 86, 167)),
    Structure("segment_2", 2, "II", "277956007", "Hepatic segment II", (44, 127, 184)),
    Structure("segment_3", 3, "III", "277957003", "Hepatic segment III", (127, 205, 187)),
    Structure("segment_4", 4, "IV", "277958008", "Hepatic segment IV", (255, 217, 47)),
    Structure("segment_5", 5, "V", "277959000", "Hepatic segment V", (252, 141, 98)),
    Structure("segment_6", 6, "VI", "277960005", "Hepatic segment VI", (166, 86, 40)),
    Structure("segment_7", 7, "VII", "277961009", "Hepatic segment VII", (77, 175, 74)),
    Structure("segment_8", 8, "VIII", "277962002", "Hepatic segment VIII", (228, 26, 28)),
)
RIGHT_LOBE: tuple[str, ...] = ("segment_5", "segment_6", "segment_7", "segment_8")
LEFT_LOBE: tuple[str, ...] = ("segment_2", "segment_3", "segment_4")

# IVa lies above IVb; `analysis.segment_four` divides them. Codes: SNOMED CT, not in CID 7151.
PARTS_OF_4: tuple[Structure, ...] = (
    Structure(
        "segment_4a", 0, "IVa (geometric)", "871688003", "Hepatic segment IVa", (255, 236, 150)
    ),
    Structure(
        "segment_4b", 0, "IVb (geometric)", "871689006", "Hepatic segment IVb", (199, 164, 22)
    ),
)

STRUCTURES: tuple[Structure, ...] = (LIVER, *SEGMENTS)
# Every region that has measurements, in reading order: the parts of IV follow it.
REGIONS: tuple[Structure, ...] = (LIVER, *SEGMENTS[:4], *PARTS_OF_4, *SEGMENTS[4:])
BY_KEY: dict[str, Structure] = {structure.key: structure for structure in STRUCTURES}
REGION_BY_KEY: dict[str, Structure] = {region.key: region for region in REGIONS}
SEGMENT_BY_LABEL: dict[int, Structure] = {segment.label: segment for segment in SEGMENTS}
