"""The shape of a manufacturer's rules: how its exports differ from the standard, as data."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from analysis.ingest.header import ImageHeader
from analysis.study import Component, Role
from analysis.wording import Words


@dataclass(frozen=True, slots=True)
class Scale:
    """Shown value = stored value * slope + intercept."""

    slope: float = 1.0
    intercept: float = 0.0


@dataclass(frozen=True, slots=True)
class PhaseScale:
    """Phase in radians = (shown value - centre) / half_range * pi."""

    centre: float
    half_range: float

    def fits(self, lowest: float, highest: float) -> bool:
        """Tell whether values between these two may be phase on this scale.

        A phase image of a body with noise around it uses most of the range; a tenth is asked for.
        """
        reach = 1.002 * self.half_range
        is_inside = self.centre - reach <= lowest and highest <= self.centre + reach
        return is_inside and highest - lowest >= 0.2 * self.half_range


RADIANS = PhaseScale(0.0, math.pi)
MILLIRADIANS = PhaseScale(0.0, 1000 * math.pi)


def say_nothing(_: ImageHeader) -> None:
    """Stand for a rule that a manufacturer does not need."""


@dataclass(frozen=True, slots=True)
class VendorRules:
    """How the exports of one manufacturer are to be understood.

    Parameters
    ----------
    name
        Name shown to people.
    manufacturer
        Matches the Manufacturer of the header, any case.
    component
        Component by private tags, or None where the standard tags say it.
    role
        Role by private tags, or None where text says it.
    scale
        Scale of an image that differs from the standard's, or None.
    phase_scales
        Scales on which this manufacturer stores phase, tried in order.
    caution
        A known defect of this kind of export, in a sentence, or None.
    is_combined_maps
        Whether a series of this kind stacks all its maps without saying which is which.
    """

    name: str
    manufacturer: re.Pattern[str]
    component: Callable[[ImageHeader], Component | None] = say_nothing
    role: Callable[[ImageHeader], Role | None] = say_nothing
    scale: Callable[[ImageHeader, Component, Role], Scale | None] = lambda *_: None
    phase_scales: tuple[PhaseScale, ...] = (RADIANS,)
    caution: Callable[[ImageHeader], Words | None] = say_nothing
    is_combined_maps: Callable[[ImageHeader], bool] = lambda _: False
