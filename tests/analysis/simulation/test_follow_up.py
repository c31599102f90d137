from __future__ import annotations

import numpy as np
import pytest

from analysis.simulation.follow_up import FollowUp, VisitPair, simulate_pair
from analysis.simulation.phantom import small_phantom
from analysis.simulation.spec import Grid, PhantomSpec, liver_protocol

STEPS = (-4.0, 0.0, 2.0, -1.0, -3.0, 1.0, 0.5, -2.0)
FACTORS = (1.0, 1.2, 1.5, 0.8, 1.0, 1.1, 0.9, 2.0)
STILL = FollowUp((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.0, STEPS, FACTORS)


@pytest.fixture(scope="module")
def still() -> VisitPair:
    return simulate_pair(small_phantom(2), STILL)


def test_a_body_that_lies_still_has_the_same_tissue_at_both_visits(still: VisitPair) -> None:
    one, other = still.baseline.truth, still.follow_up.truth
    assert np.array_equal(one.segments.array, other.segments.array)
    assert np.array_equal(one.vessels, other.vessels)


@pytest.mark.parametrize("segment", range(1, 9))
def test_each_segment_changes_by_what_was_asked_for(still: VisitPair, segment: int) -> None:
    one, other = still.baseline.truth, still.follow_up.truth
    inside = (one.segments.array == segment) & ~one.vessels
    step = other.pdff.volume.array[inside] - one.pdff.volume.array[inside]
    assert step.mean() == pytest.approx(STEPS[segment - 1], abs=0.02)
    ratio = other.r2star.volume.array[inside] / one.r2star.volume.array[inside]
    assert ratio == pytest.approx(FACTORS[segment - 1], rel=1e-4)


def test_outside_the_liver_nothing_changes(still: VisitPair) -> None:
    one, other = still.baseline.truth, still.follow_up.truth
    outside = ~one.segments.liver
    assert np.array_equal(one.pdff.volume.array[outside], other.pdff.volume.array[outside])


def test_the_noise_of_the_second_visit_is_its_own(still: VisitPair) -> None:
    one, other = still.baseline.echoes.magnitude, still.follow_up.echoes.magnitude
    outside = ~still.baseline.truth.segments.liver
    assert not np.array_equal(one[:, outside], other[:, outside])


def test_tissue_is_found_where_the_truth_says_it_lay() -> None:
    """The follow-up's segments are the baseline's, read through ``to_baseline``."""
    pair = simulate_pair(small_phantom(2), FollowUp())
    later, earlier = pair.follow_up.truth.segments, pair.baseline.truth.segments
    where = np.argwhere(later.liver)
    points = where @ later.geometry.affine[:3, :3].T + later.geometry.affine[:3, 3]
    inverse = np.linalg.inv(earlier.geometry.affine)
    place = np.rint(pair.to_baseline(points) @ inverse[:3, :3].T + inverse[:3, 3]).astype(int)
    place = np.clip(place, 0, np.array(earlier.geometry.shape) - 1)
    same = earlier.array[tuple(place.T)] == later.array[tuple(where.T)]
    # Voxels of 6 x 6 x 12 mm are rounded to; inside the segments all agree.
    assert same.mean() > 0.85


def test_the_motion_is_a_turn_a_shift_and_a_bend_without_folds() -> None:
    change = FollowUp()
    centre = np.array([5.0, -10.0, 30.0])
    grid = np.stack(np.meshgrid(*[np.arange(-120.0, 121.0, 10.0)] * 3, indexing="ij"), axis=-1)
    moved = change.to_baseline(grid + centre, centre)
    slopes = np.stack([np.gradient(moved, 10.0, axis=axis) for axis in range(3)], axis=-1)
    volume = np.linalg.det(slopes)
    assert volume.min() > 0.3
    assert np.linalg.norm(moved - grid - centre, axis=-1).mean() > 5.0


def test_without_breathing_distances_are_kept() -> None:
    change = FollowUp(breath_mm=0.0)
    points = np.array([[0.0, 0.0, 0.0], [30.0, 40.0, 0.0]])
    moved = change.to_baseline(points, np.zeros(3))
    assert np.linalg.norm(moved[1] - moved[0]) == pytest.approx(50.0)


def test_the_second_visit_may_use_another_field_and_another_grid() -> None:
    spec = small_phantom(2)
    change = FollowUp(protocol=liver_protocol(1.5), grid=Grid((50, 40, 12), (7.0, 7.0, 14.0)))
    pair = simulate_pair(spec, change)
    assert pair.follow_up.spec.protocol.field_strength_t == 1.5
    assert pair.follow_up.truth.segments.geometry.shape == (50, 40, 12)
    rates = [
        float(np.median(s.truth.r2star.volume.array[s.truth.segments.liver]))
        for s in (pair.baseline, pair.follow_up)
    ]
    assert rates[0] > 1.3 * rates[1]


def test_equal_specs_give_equal_pairs() -> None:
    spec = PhantomSpec(seed=5, grid=Grid((32, 24, 8), (12.0, 12.0, 24.0)))
    one, other = (simulate_pair(spec, FollowUp()) for _ in range(2))
    assert np.array_equal(one.follow_up.echoes.magnitude, other.follow_up.echoes.magnitude)


@pytest.mark.parametrize("values", [{"pdff_change_percent": (1.0,)}, {"r2star_factor": (0.0,) * 8}])
def test_a_change_that_makes_no_sense_is_refused(values: dict[str, tuple[float, ...]]) -> None:
    with pytest.raises(ValueError, match="eight values"):
        FollowUp(**values)
