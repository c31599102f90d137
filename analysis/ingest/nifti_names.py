"""What the name of a NIfTI file says: echo, component and the series it belongs to.

References
----------
BIDS 1.10, entities ``echo`` and ``part``; dcm2niix suffixes ``_e1``, ``_ph``, ``_real``,
``_imaginary``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from analysis.study import Component

ENDING = re.compile(r"\.nii(\.gz)?$", re.IGNORECASE)
ECHO = re.compile(r"_(?:echo-(\d+)|e(\d+)(?=[a-z]?(?:_|$))|te(\d+))", re.IGNORECASE)
PART = re.compile(r"_(?:part-)?(magnitude|mag|phase|ph|real|imaginary|imag)(?=_|$)", re.IGNORECASE)
SUBJECT = re.compile(r"(?:^|/)(sub-[A-Za-z0-9]+)")
COMPONENT_BY_PART = {
    "mag": Component.MAGNITUDE,
    "magnitude": Component.MAGNITUDE,
    "ph": Component.PHASE,
    "phase": Component.PHASE,
    "real": Component.REAL,
    "imag": Component.IMAGINARY,
    "imaginary": Component.IMAGINARY,
}


@dataclass(frozen=True, slots=True)
class NiftiName:
    """What a file name says.

    Parameters
    ----------
    stem
        Name with folders, without ending.
    series_key
        The stem without echo and component: the same for all images of one series.
    echo
        Echo number, or None.
    component
        Component, or None where the name does not say.
    subject
        BIDS subject, such as ``"sub-01"``, or empty.
    """

    stem: str
    series_key: str
    echo: int | None
    component: Component | None
    subject: str

    @property
    def sidecar_stems(self) -> tuple[str, ...]:
        """Names that the side-car may have, most specific first."""
        return self.stem, PART.sub("", self.stem), ECHO.sub("", self.stem), self.series_key


def parse_name(name: str) -> NiftiName:
    """Return what the name of a NIfTI file says.

    >>> parse_name("sub-1/anat/sub-1_echo-2_part-phase_MEGRE.nii.gz").series_key
    'sub-1/anat/sub-1_MEGRE'
    >>> parse_name("7_gre_e3_ph.nii").echo
    3
    """
    stem = ENDING.sub("", name)
    echo, part, subject = ECHO.search(stem), PART.search(stem), SUBJECT.search(stem)
    number = next((group for group in echo.groups() if group), None) if echo else None
    return NiftiName(
        stem=stem,
        series_key=PART.sub("", ECHO.sub("", stem)),
        echo=int(number) if number else None,
        component=COMPONENT_BY_PART[part.group(1).lower()] if part else None,
        subject=subject.group(1) if subject else "",
    )
