from __future__ import annotations

import numpy as np
import pytest

from analysis.signal.gradient_echo import multi_echo_signal, t1_saturation
from analysis.simulation.tissues import BY_NAME
from inference.training.contrasts import (
    KINDS,
    draw_contrast,
    draw_properties,
    gradient_echo,
)

LIVER, FAT = 5, BY_NAME["subcutaneous_fat"].value


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def test_a_gradient_echo_follows_the_signal_equation(rng) -> None:
    person = draw_properties(rng)
    echo_time, repetition_time, angle = 2.3, 9.0, 8.0
    whole, _, _ = gradient_echo(person, echo_time, repetition_time, angle)
    saturation = t1_saturation(person.t1_ms[[LIVER, FAT]], repetition_time, angle)
    density, fraction = person.proton_density[LIVER], person.fat[LIVER]
    expected = multi_echo_signal(
        np.array([density * (1 - fraction) * saturation[0]]),
        np.array([density * fraction * saturation[1]]),
        person.r2star_per_s[[LIVER]],
        [echo_time],
        person.field_strength_t,
    )
    assert whole[LIVER] == pytest.approx(abs(expected[0, 0]), rel=1e-9)


def test_water_and_fat_add_up_in_phase_and_cancel_out_of_phase(rng) -> None:
    person = draw_properties(rng)
    in_phase_ms = 1000 / (42.577478 * person.field_strength_t * 3.4)
    whole, water, fat = gradient_echo(person, in_phase_ms, 100.0, 10.0)
    assert whole[FAT] == pytest.approx(water[FAT] + fat[FAT], rel=0.1)
    whole, water, fat = gradient_echo(person, in_phase_ms / 2, 100.0, 10.0)
    assert whole[FAT] == pytest.approx(abs(water[FAT] - fat[FAT]), rel=0.25)


def test_iron_darkens_the_liver_with_echo_time(rng) -> None:
    person = draw_properties(rng)
    early, late = (gradient_echo(person, te, 100.0, 10.0)[1][LIVER] for te in (1.0, 6.0))
    assert late / early == pytest.approx(np.exp(-person.r2star_per_s[LIVER] * 0.005))


def test_livers_span_fat_and_iron(rng) -> None:
    people = [draw_properties(rng) for _ in range(300)]
    fat = np.array([person.fat[LIVER] for person in people])
    iron = np.array([person.r2star_per_s[LIVER] for person in people])
    assert fat.min() < 0.02
    assert 0.45 < fat.max() <= 0.5
    assert iron.min() < 30
    assert iron.max() > 1000


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_contrast_is_finite_and_shows_one_liver(kind, rng) -> None:
    for _ in range(20):
        contrast = kind.draw(rng)
        for table in (contrast.first, contrast.second):
            assert table.shape == (256,)
            assert np.isfinite(table).all()
            assert np.ptp(table[1:9]) == pytest.approx(0, abs=1e-9)


def test_images_other_than_ct_are_never_negative(rng) -> None:
    for kind in KINDS:
        if kind.name != "ct":
            assert all(kind.draw(rng).first.min() >= 0 for _ in range(10))


def test_shares_add_up_to_one_and_all_kinds_are_drawn(rng) -> None:
    assert sum(kind.share for kind in KINDS) == pytest.approx(1)
    assert len({draw_contrast(rng).first.sum() for _ in range(10)}) == 10
