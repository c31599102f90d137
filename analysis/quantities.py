"""The one table of measured quantities: name, unit, DICOM code, plausible range and source.

Reports, charts, DICOM objects, CSV files and pages take unit, name and code from here.
DICOM codes: PS3.16, as in pydicom 3.0.2's concept dictionary. The standard has no code for liver
iron concentration, so a private one (99MRVB) is used and no other concept is borrowed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantity:
    """A physical quantity that Lobule measures.

    Parameters
    ----------
    key
        The name used in files, code and API, such as ``"PDFF"``.
    name
        The name in words.
    unit
        Unit as a reader sees it.
    ucum
        The same unit in UCUM.
    code
        (value, scheme, meaning) of the DICOM concept.
    plausible
        Lowest and highest value that a living body can show, in ``unit``.
    display
        Lowest and highest value of the default colour bar, in ``unit``.
    decimals
        Digits after the decimal point in every place that shows the value.
    source
        Where the code and the range come from.
    """

    key: str
    name: str
    unit: str
    ucum: str
    code: tuple[str, str, str]
    plausible: tuple[float, float]
    display: tuple[float, float]
    decimals: int
    source: str

    def format(self, value: float) -> str:
        """Return ``value`` with its unit, rounded as everywhere else.

        >>> PDFF.format(12.345)
        '12.3 %'
        """
        text = f"{value:.{self.decimals}f}"
        if float(text) == 0:
            text = text.lstrip("-")
        return f"{text} {self.unit}".rstrip()


PDFF = Quantity(
    "PDFF",
    "Proton density fat fraction",
    "%",
    "%",
    ("129100", "DCM", "Fat fraction"),
    (-10.0, 100.0),
    (0.0, 40.0),
    1,
    "PS3.16 CID 7180; range by definition, noise may fall below zero",
)
R2STAR = Quantity(
    "R2*",
    "Effective transverse relaxation rate R2*",
    "s⁻¹",
    "/s",
    ("126395", "DCM", "R2*"),
    (0.0, 2000.0),
    (0.0, 300.0),
    1,
    "PS3.16 CID 7180; Hernando 2023, doi:10.1148/radiol.213256",
)
T2STAR = Quantity(
    "T2*",
    "Effective transverse relaxation time T2*",
    "ms",
    "ms",
    ("113064", "DCM", "T2*"),
    (0.5, 200.0),
    (0.0, 50.0),
    1,
    "PS3.16 CID 7180",
)
LIC = Quantity(
    "LIC",
    "Liver iron concentration (dry weight)",
    "mg/g",
    "mg/g",
    ("LIC", "99MRVB", "Liver iron concentration (dry weight)"),
    (-0.7, 60.0),
    (0.0, 8.0),
    2,
    "Hernando 2023, doi:10.1148/radiol.213256; no DICOM code exists",
)
LIC_MOLAR = Quantity(
    "LIC_molar",
    "Liver iron concentration (dry weight), molar",
    "µmol/g",
    "umol/g",
    ("LIC_MOLAR", "99MRVB", "Liver iron concentration (dry weight), molar"),
    (-12.5, 1074.0),
    (0.0, 143.0),
    1,
    "17.9 µmol of iron weigh 1 mg",
)
FAT_SIGNAL_FRACTION = Quantity(
    "FSF",
    "Fat signal fraction (two-point Dixon, not PDFF)",
    "%",
    "%",
    ("FSF", "99MRVB", "Fat signal fraction"),
    (-10.0, 100.0),
    (0.0, 50.0),
    1,
    "Two-point Dixon; biased by T1 and T2*, never graded",
)
WATER = Quantity(
    "water",
    "Water signal",
    "a.u.",
    "[arb'U]",
    ("WATER", "99MRVB", "Water signal"),
    (0.0, float("inf")),
    (0.0, 1.0),
    0,
    "Arbitrary units of the receiver",
)
FAT = Quantity(
    "fat",
    "Fat signal",
    "a.u.",
    "[arb'U]",
    ("FAT", "99MRVB", "Fat signal"),
    (0.0, float("inf")),
    (0.0, 1.0),
    0,
    "Arbitrary units of the receiver",
)
FIELD_MAP = Quantity(
    "B0",
    "Off-resonance of the main field",
    "Hz",
    "Hz",
    ("B0", "99MRVB", "Off-resonance"),
    (-1000.0, 1000.0),
    (-250.0, 250.0),
    0,
    "gamma = 42.577478 MHz/T",
)
AMBIGUITY = Quantity(
    "ambiguity",
    "Probability that water and fat are exchanged",
    "",
    "1",
    ("AMBIGUITY", "99MRVB", "Water-fat ambiguity"),
    (0.0, 0.5),
    (0.0, 0.5),
    2,
    "Logistic of the pooled difference of log likelihoods",
)
FIT_RESIDUAL = Quantity(
    "residual",
    "Fit residual relative to the first echo",
    "%",
    "%",
    ("RESIDUAL", "99MRVB", "Fit residual"),
    (0.0, 100.0),
    (0.0, 10.0),
    1,
    "Root mean square residual divided by the signal of the first echo",
)
MR_SIGNAL = Quantity(
    "signal",
    "MR signal magnitude",
    "a.u.",
    "[arb'U]",
    ("SIGNAL", "99MRVB", "MR signal"),
    (0.0, float("inf")),
    (0.0, 1.0),
    0,
    "Arbitrary units of the receiver",
)
VOLUME = Quantity(
    "volume",
    "Volume",
    "ml",
    "mL",
    ("118565006", "SCT", "Volume"),
    (0.0, 6000.0),
    (0.0, 3000.0),
    0,
    "Voxel summation (IBSI YEKZ)",
)
TOTAL_LIVER_FAT = Quantity(
    "TLFI",
    "Total liver fat index (mean PDFF times liver volume)",
    "ml",
    "mL",
    ("TLFI", "99MRVB", "Total liver fat index"),
    (-600.0, 6000.0),
    (0.0, 500.0),
    0,
    "Product of mean PDFF and liver volume, PMC4293373; no DICOM code exists",
)
VOLUME_FRACTION = Quantity(
    "fraction",
    "Part of a volume",
    "%",
    "%",
    ("FRACTION", "99MRVB", "Volume fraction"),
    (0.0, 100.0),
    (0.0, 100.0),
    1,
    "By definition",
)
RATIO = Quantity(
    "ratio",
    "Ratio",
    "",
    "1",
    ("RATIO", "99MRVB", "Ratio"),
    (float("-inf"), float("inf")),
    (0.0, 1.0),
    2,
    "Shows dimensionless statistics such as skewness",
)
ENTROPY = Quantity(
    "entropy",
    "Entropy",
    "bit",
    "bit",
    ("TLU2", "IBSI", "Intensity histogram entropy"),
    (0.0, 64.0),
    (0.0, 10.0),
    2,
    "Shows the IBSI entropy of a histogram",
)

QUANTITIES: tuple[Quantity, ...] = (
    PDFF,
    R2STAR,
    T2STAR,
    LIC,
    LIC_MOLAR,
    FAT_SIGNAL_FRACTION,
    WATER,
    FAT,
    FIELD_MAP,
    AMBIGUITY,
    FIT_RESIDUAL,
    MR_SIGNAL,
    VOLUME,
    TOTAL_LIVER_FAT,
    VOLUME_FRACTION,
    RATIO,
    ENTROPY,
)
BY_KEY: dict[str, Quantity] = {quantity.key: quantity for quantity in QUANTITIES}
