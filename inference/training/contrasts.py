"""What tissues look like: tables of one brightness for each tissue, from physics or from chance.

All equations are those of ``analysis.signal``, evaluated once a tissue (256 values), so a contrast
costs nothing beside its image. ``KINDS`` lists the contrasts and how often each is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.signal.fat_spectrum import fat_phasor
from analysis.signal.gradient_echo import t1_saturation
from analysis.simulation.tissues import BY_NAME, LIVER_SEGMENT_VALUES, property_table

Table = npt.NDArray[np.float64]
LIVER = list(LIVER_SEGMENT_VALUES)
FIELD_STRENGTHS_T = (1.5, 1.5, 2.89, 3.0)
FAT_T2_MS = 110.0
"""Apparent T2 of fat in fast spin echo, where J-coupling keeps fat bright."""


@dataclass(frozen=True, slots=True, eq=False)
class Properties:
    """Tissue properties of one simulated person in one scanner, (256,) each.

    Parameters
    ----------
    field_strength_t
        Main field in tesla.
    t1_ms, t2_ms, r2star_per_s, proton_density, ct_hu
        As in the tissue table, varied.
    fat
        Proton density fat fraction, 0 to 1.
    """

    field_strength_t: float
    t1_ms: Table
    t2_ms: Table
    r2star_per_s: Table
    proton_density: Table
    fat: Table
    ct_hu: Table


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """Brightness of every tissue, twice: an image may drift from the first to the second.

    Parameters
    ----------
    first, second
        (256,) brightness, arbitrary unit.
    air_noise
        Standard deviation of what fills air in maps of ratios, same unit; 0 for images.
    """

    first: Table
    second: Table
    air_noise: float = 0.0


def _filled(name: str) -> Table:
    return np.nan_to_num(property_table(name), nan=0.0)


def _jitter(table: Table, spread: float, rng: np.random.Generator) -> Table:
    return table * np.exp(rng.normal(0, spread, table.size))


def _liver_fat(rng: np.random.Generator) -> float:
    """Fat fraction of a liver: half lean, half anything to 0.5."""
    return float(
        np.clip(abs(rng.normal(0, 0.05)) if rng.random() < 0.5 else rng.random() / 2, 0, 1)
    )


def _liver_r2star(rng: np.random.Generator) -> float:
    """R2* of a liver at 1.5 T in 1/s: mostly 20-100, one in three up to 1,500."""
    if rng.random() < 0.67:
        return float(np.exp(rng.uniform(np.log(20), np.log(100))))
    return float(np.exp(rng.uniform(np.log(100), np.log(1500))))


def draw_properties(rng: np.random.Generator) -> Properties:
    """Return one person's tissues: the table's values varied, liver fat and iron drawn widely.

    Parameters
    ----------
    rng
        Source of chance.
    """
    field = float(rng.choice(FIELD_STRENGTHS_T))
    weight = (field - 1.5) / 1.5
    at_low, at_high = _filled("r2star_per_s_at_1p5t"), _filled("r2star_per_s_at_3t")
    t1 = (1 - weight) * _filled("t1_ms_at_1p5t") + weight * _filled("t1_ms_at_3t")
    r2star = _jitter((1 - weight) * at_low + weight * at_high, 0.3, rng)
    fat = np.clip(_jitter(_filled("pdff_percent") / 100, 0.35, rng), 0, 0.97)
    r2star[LIVER] = _liver_r2star(rng) * (1 + weight)
    fat[LIVER] = _liver_fat(rng)
    person = Properties(
        field_strength_t=field,
        t1_ms=np.maximum(_jitter(t1, 0.2, rng), 1.0),
        t2_ms=np.maximum(_jitter(_filled("t2_ms"), 0.25, rng), 1.0),
        r2star_per_s=r2star,
        proton_density=_jitter(_filled("proton_density"), 0.15, rng),
        fat=fat,
        ct_hu=_filled("ct_hu") + rng.normal(0, 12, 256),
    )
    return _with_one_liver(person)


def _with_one_liver(properties: Properties) -> Properties:
    """Give all segments the values of one of them: the liver is one organ."""
    changed = {}
    for name in ("t1_ms", "t2_ms", "proton_density", "ct_hu"):
        table = getattr(properties, name).copy()
        table[LIVER] = table[LIVER[0]]
        changed[name] = table
    return replace(properties, **changed)


def neighbour(properties: Properties, rng: np.random.Generator) -> Properties:
    """Return slightly other properties, towards which an image drifts: uneven fat and iron."""
    fat = np.clip(properties.fat * np.exp(rng.normal(0, 0.3)), 0, 0.97)
    return replace(
        properties, fat=fat, r2star_per_s=properties.r2star_per_s * np.exp(rng.normal(0, 0.3))
    )


def gradient_echo(
    person: Properties, echo_time_ms: float, repetition_time_ms: float, flip_angle_deg: float
) -> tuple[Table, Table, Table]:
    """Return magnitude of the echo, of its water alone and of its fat alone, (256,) each.

    S = PD |(1 - f) s(T1) + f s(T1 fat) c(TE)| exp(-R2* TE), with s the spoiled gradient-echo
    saturation and c the fat phasor.

    Parameters
    ----------
    person
        Tissue properties.
    echo_time_ms, repetition_time_ms, flip_angle_deg
        Of the sequence.
    """
    fat_t1 = person.t1_ms[BY_NAME["subcutaneous_fat"].value]
    decay = person.proton_density * np.exp(-person.r2star_per_s * echo_time_ms / 1000)
    saturation = t1_saturation(person.t1_ms, repetition_time_ms, flip_angle_deg)
    fat_saturation = float(t1_saturation(fat_t1, repetition_time_ms, flip_angle_deg))
    water = (1 - person.fat) * saturation * decay
    fat = person.fat * fat_saturation * decay
    phasor = complex(fat_phasor([echo_time_ms], person.field_strength_t)[0])
    return np.abs(water + fat * phasor), water, fat * abs(phasor)


def _sequence(rng: np.random.Generator, person: Properties) -> tuple[float, float, float]:
    """Draw echo time, repetition time in ms and flip angle in degrees of a gradient echo."""
    echo_time = float(rng.uniform(0.8, 14.0 if person.field_strength_t < 2 else 9.0))
    if rng.random() < 0.3:
        return echo_time, float(rng.uniform(80, 250)), float(rng.uniform(10, 80))
    return echo_time, float(rng.uniform(max(3.0, echo_time + 1), 20)), float(rng.uniform(3, 15))


def multi_echo(rng: np.random.Generator) -> Contrast:
    """Any echo of a multi-echo gradient echo, in and opposed phase among them."""
    person = draw_properties(rng)
    sequence = _sequence(rng, person)
    other = neighbour(person, rng)
    return Contrast(gradient_echo(person, *sequence)[0], gradient_echo(other, *sequence)[0])


def water_image(rng: np.random.Generator) -> Contrast:
    """Return a water image; in one of three, part of it is swapped for fat."""
    person = draw_properties(rng)
    _, water, fat = gradient_echo(person, *_sequence(rng, person))
    return Contrast(water, fat if rng.random() < 0.33 else water)


def fat_image(rng: np.random.Generator) -> Contrast:
    """Return a fat image; in one of three, part of it is swapped for water."""
    person = draw_properties(rng)
    _, water, fat = gradient_echo(person, *_sequence(rng, person))
    return Contrast(fat, water if rng.random() < 0.33 else fat)


def fat_fraction_map(rng: np.random.Generator) -> Contrast:
    """Return a PDFF map in percent, with noise where there is no signal."""
    person = draw_properties(rng)
    dark = person.proton_density < 0.1
    values = np.where(dark, 50.0, 100 * person.fat)
    return Contrast(values, np.where(dark, 50.0, 100 * neighbour(person, rng).fat), 30.0)


def r2star_map(rng: np.random.Generator) -> Contrast:
    """Return an R2* map in 1/s, with noise where there is no signal."""
    person = draw_properties(rng)
    cap = float(rng.choice((300.0, 600.0, 1000.0)))
    other = neighbour(person, rng)
    values = np.minimum(person.r2star_per_s, cap)
    return Contrast(values, np.minimum(other.r2star_per_s, cap), cap / 4)


def _enhanced(person: Properties, rng: np.random.Generator) -> Properties:
    """Shorten T1 as contrast agent does: arterial, portal venous or hepatobiliary phase."""
    rate = 1000 / person.t1_ms
    phases = {
        "arterial": {"large_vessel": 12, "spleen": 6, "kidney": 8, "pancreas": 3, "heart": 8},
        "portal": {"large_vessel": 6, "hepatic_vessel": 6, "spleen": 4, "kidney": 6, "heart": 5},
        "hepatobiliary": {"kidney": 3, "spleen": 1, "large_vessel": 1, "hepatic_vessel": 1},
    }
    liver = {"arterial": 0.5, "portal": 2.0, "hepatobiliary": 3.5}
    phase = str(rng.choice(list(phases)))
    for name, added in phases[phase].items():
        rate[BY_NAME[name].value] += added * rng.uniform(0.5, 1.5)
    rate[LIVER] += liver[phase] * rng.uniform(0.5, 1.5)
    return replace(person, t1_ms=1000 / rate)


def t1_weighted(rng: np.random.Generator) -> Contrast:
    """T1-weighted gradient echo, mostly fat-suppressed, before or after contrast agent."""
    person = draw_properties(rng)
    if rng.random() < 0.7:
        person = _enhanced(person, rng)
    sequence = float(rng.uniform(1, 2.5)), float(rng.uniform(3, 6)), float(rng.uniform(8, 15))
    whole, water, fat = gradient_echo(person, *sequence)
    image = whole if rng.random() < 0.25 else water + rng.uniform(0, 0.15) * fat
    return Contrast(image, image)


def t2_weighted(rng: np.random.Generator) -> Contrast:
    """T2-weighted fast spin echo with or without fat suppression, up to diffusion-like."""
    person = draw_properties(rng)
    echo_time = float(rng.uniform(50, 180))
    water = (1 - person.fat) * np.exp(-echo_time / person.t2_ms)
    fat = person.fat * np.exp(-echo_time / FAT_T2_MS)
    kept = rng.uniform(0, 0.15) if rng.random() < 0.5 else rng.uniform(0.7, 1.2)
    # Iron-loaded livers are dark here too.
    iron = np.exp(-echo_time * np.clip(person.r2star_per_s - 60, 0, 300) * 5e-5)
    signal = person.proton_density * iron * (water + kept * fat)
    flowing = [BY_NAME["large_vessel"].value, BY_NAME["hepatic_vessel"].value]
    signal[flowing] *= rng.uniform(0, 1)
    if rng.random() < 0.25:
        fluids = ["cyst_fluid", "gallbladder", "stomach_content", "bowel_content"]
        signal[[BY_NAME[name].value for name in fluids]] *= rng.uniform(0.05, 0.6)
    return Contrast(signal, signal)


def computed_tomography(rng: np.random.Generator) -> Contrast:
    """CT in HU with or without contrast agent, at times already windowed."""
    hu = draw_properties(rng).ct_hu.copy()
    hu[LIVER] -= 100 * rng.uniform(0, 0.35) if rng.random() < 0.3 else 0
    if rng.random() < 0.6:
        added = {
            "large_vessel": 110,
            "hepatic_vessel": 90,
            "spleen": 60,
            "kidney": 110,
            "heart": 90,
        }
        for name, value in added.items():
            hu[BY_NAME[name].value] += value * rng.uniform(0.4, 1.5)
        hu[LIVER] += rng.uniform(10, 70)
    if rng.random() < 0.5:
        hu = np.clip(hu, rng.uniform(-200, -100), rng.uniform(180, 400))
    return Contrast(hu, hu)


def fully_random(rng: np.random.Generator) -> Contrast:
    """Return any brightness for any tissue; air is mostly dark and the liver one organ."""
    table = rng.random(256)
    table[LIVER] = table[LIVER[0]]
    if rng.random() < 0.8:
        dark = [BY_NAME[name].value for name in ("background", "lung", "bowel_gas")]
        table[dark] = rng.uniform(0, 0.08, len(dark))
    second = table + rng.normal(0, 0.06, 256) if rng.random() < 0.3 else table
    second[LIVER] = second[LIVER[0]]
    return Contrast(table, np.clip(second, 0, None))


@dataclass(frozen=True, slots=True)
class ContrastKind:
    """A contrast and the share of training images that show it."""

    name: str
    share: float
    draw: Callable[[np.random.Generator], Contrast]


KINDS: tuple[ContrastKind, ...] = (
    ContrastKind("random", 0.32, fully_random),
    ContrastKind("multi-echo", 0.25, multi_echo),
    ContrastKind("water", 0.07, water_image),
    ContrastKind("fat", 0.03, fat_image),
    ContrastKind("pdff", 0.03, fat_fraction_map),
    ContrastKind("r2star", 0.02, r2star_map),
    ContrastKind("t1w", 0.14, t1_weighted),
    ContrastKind("t2w", 0.08, t2_weighted),
    ContrastKind("ct", 0.06, computed_tomography),
)
BY_KIND: dict[str, ContrastKind] = {kind.name: kind for kind in KINDS}


def draw_contrast(rng: np.random.Generator) -> Contrast:
    """Draw a contrast by the shares of ``KINDS``."""
    shares = np.array([kind.share for kind in KINDS])
    return KINDS[int(rng.choice(len(KINDS), p=shares / shares.sum()))].draw(rng)
