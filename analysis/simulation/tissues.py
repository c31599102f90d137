"""The one table of tissues: how each looks to a scanner, at 1.5 and 3 T.

The values are round, typical numbers for drawing believable images, chosen from general knowledge
of published relaxometry (muscle, blood, kidney and liver T1 and T2 after Stanisz 2005, abdominal T1
after de Bazelaire 2004). They are not clinical reference values and nothing is diagnosed with them;
whoever simulates jitters them by tens of per cent.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Tissue:
    """One tissue class of the digital abdomen.

    Parameters
    ----------
    value
        Value in label arrays; 1-8 are the liver's Couinaud segments.
    name
        Stable identifier.
    t1_ms_at_1p5t, t1_ms_at_3t
        Longitudinal relaxation time of the tissue's main component in ms.
    t2_ms
        Transverse relaxation time in ms, taken as equal at both fields.
    proton_density
        Signal-giving protons, water and fat together, relative to water = 1.
    pdff_percent
        Share of fat in those protons.
    r2star_per_s_at_1p5t, r2star_per_s_at_3t
        Effective transverse relaxation rate in 1/s.
    ct_hu
        CT number in Hounsfield units, without contrast agent.
    note
        Where the numbers come from or what they stand for.
    """

    value: int
    name: str
    t1_ms_at_1p5t: float
    t1_ms_at_3t: float
    t2_ms: float
    proton_density: float
    pdff_percent: float
    r2star_per_s_at_1p5t: float
    r2star_per_s_at_3t: float
    ct_hu: float
    note: str


LIVER_SEGMENT_VALUES: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 8)
SEGMENT_NUMERALS: tuple[str, ...] = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")


def _liver_segment(value: int) -> Tissue:
    return Tissue(
        value=value,
        name=f"liver_segment_{value}",
        t1_ms_at_1p5t=586.0,
        t1_ms_at_3t=809.0,
        t2_ms=46.0,
        proton_density=0.90,
        pdff_percent=3.0,
        r2star_per_s_at_1p5t=29.0,
        r2star_per_s_at_3t=45.0,
        ct_hu=58.0,
        note=f"Couinaud segment {SEGMENT_NUMERALS[value - 1]}; R2* 1.5 T: Obrzut 2020, n = 100",
    )


_OTHERS: tuple[Tissue, ...] = (
    Tissue(0, "background", 1000, 1000, 50, 0.0, 0, 50, 100, -1000, "air outside the body"),
    Tissue(10, "subcutaneous_fat", 343, 382, 70, 0.95, 92, 40, 60, -105, "de Bazelaire 2004"),
    Tissue(11, "visceral_fat", 343, 382, 70, 0.95, 88, 45, 70, -98, "as subcutaneous, more water"),
    Tissue(12, "muscle", 1008, 1412, 44, 0.80, 3, 32, 48, 55, "Stanisz 2005"),
    Tissue(13, "skin", 800, 1000, 30, 0.65, 8, 60, 90, 20, "approximation"),
    Tissue(14, "cortical_bone", 300, 350, 5, 0.12, 5, 500, 800, 700, "nearly dark: short T2*"),
    Tissue(15, "bone_marrow", 450, 550, 60, 0.80, 45, 110, 180, 180, "spongy bone, mixed marrow"),
    Tissue(16, "lung", 1200, 1300, 40, 0.15, 0, 600, 1200, -820, "low density, short T2*"),
    Tissue(17, "large_vessel", 1441, 1932, 200, 0.85, 0, 12, 20, 42, "blood, Stanisz 2005"),
    Tissue(18, "hepatic_vessel", 1441, 1932, 150, 0.85, 0, 15, 25, 42, "blood in the liver"),
    Tissue(19, "heart", 1030, 1470, 50, 0.82, 2, 30, 45, 48, "wall and chambers in one class"),
    Tissue(20, "stomach_wall", 900, 1200, 60, 0.80, 3, 35, 50, 42, "approximation"),
    Tissue(21, "stomach_content", 2000, 2500, 250, 0.85, 2, 15, 25, 18, "fluid and food"),
    Tissue(22, "bowel_wall", 900, 1200, 60, 0.80, 3, 40, 60, 40, "approximation"),
    Tissue(23, "bowel_content", 1500, 1900, 120, 0.75, 5, 40, 70, 25, "fluid and stool"),
    Tissue(24, "bowel_gas", 1000, 1000, 20, 0.02, 0, 400, 800, -850, "gas in stomach and bowel"),
    Tissue(25, "kidney", 966, 1194, 60, 0.88, 1, 16, 28, 35, "cortex and medulla in one class"),
    Tissue(26, "spleen", 1057, 1328, 75, 0.90, 0, 25, 40, 50, "de Bazelaire 2004"),
    Tissue(27, "pancreas", 584, 725, 45, 0.85, 8, 30, 45, 40, "de Bazelaire 2004"),
    Tissue(28, "gallbladder", 2200, 2700, 350, 0.97, 0, 5, 10, 10, "bile"),
    Tissue(29, "spinal_cord", 745, 993, 76, 0.75, 5, 20, 30, 35, "Stanisz 2005, with its sac"),
    Tissue(30, "cyst_fluid", 2800, 3200, 600, 1.00, 0, 3, 6, 5, "cyst, ascites, effusion"),
    Tissue(31, "lesion", 900, 1150, 75, 0.88, 1, 22, 35, 45, "solid focal lesion"),
    Tissue(32, "cartilage", 1000, 1200, 35, 0.60, 2, 60, 100, 90, "costal cartilage and discs"),
    Tissue(33, "other_soft_tissue", 900, 1150, 50, 0.80, 10, 40, 60, 35, "unnamed soft tissue"),
)

TISSUES: tuple[Tissue, ...] = tuple(
    sorted(
        (*_OTHERS, *(_liver_segment(value) for value in LIVER_SEGMENT_VALUES)),
        key=lambda tissue: tissue.value,
    )
)
BY_NAME: dict[str, Tissue] = {tissue.name: tissue for tissue in TISSUES}
BY_VALUE: dict[int, Tissue] = {tissue.value: tissue for tissue in TISSUES}

_NUMERIC = {field.name for field in fields(Tissue)} - {"name", "note"}


def property_table(name: str) -> npt.NDArray[np.float64]:
    """Return one property of every tissue, ready to be looked up by label value.

    Parameters
    ----------
    name
        A numeric field of :class:`Tissue`, such as ``"t2_ms"``.

    Returns
    -------
    numpy.ndarray
        (256,) float64; ``table[labels]`` gives the property of each voxel. Values that no tissue
        uses are NaN, so that an unknown label cannot pass unseen.

    Raises
    ------
    KeyError
        If ``name`` is not a numeric field of a tissue.

    Examples
    --------
    >>> float(property_table("t1_ms_at_3t")[5])
    809.0
    """
    if name not in _NUMERIC:
        raise KeyError(f"{name!r} is not a numeric tissue property; use one of {sorted(_NUMERIC)}")
    table = np.full(256, np.nan)
    for tissue in TISSUES:
        table[tissue.value] = float(getattr(tissue, name))
    return table
