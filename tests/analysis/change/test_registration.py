"""Registration against a motion that is known at every voxel."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.change.displacement import Displacement, points_of
from analysis.change.overlap import registration_quality
from analysis.change.registration import LiverImage, register_livers
from analysis.errors import GeometryMismatch
from analysis.quantities import MR_SIGNAL
from analysis.simulation.follow_up import FollowUp, VisitPair
from analysis.simulation.simulated_study import SimulatedStudy
from analysis.volume import Geometry, LabelMap, Volume
from tests.analysis.change.pairs import pair_of


def liver_image(study: SimulatedStudy, gain: float = 1.0) -> LiverImage:
    labels = study.truth.segments
    return LiverImage(labels, Volume(gain * study.echoes.magnitude[0], labels.geometry, MR_SIGNAL))


def registered(pair: VisitPair, gain: float = 1.0) -> Displacement:
    return register_livers(liver_image(pair.baseline, gain), liver_image(pair.follow_up))


def errors_mm(pair: VisitPair, found: Displacement) -> np.ndarray:
    labels = pair.follow_up.truth.segments
    points = points_of(labels.geometry, labels.liver)
    return np.linalg.norm(found.to_baseline(points) - pair.to_baseline(points), axis=1)


@pytest.fixture(scope="module")
def found(unchanged_pair: VisitPair) -> Displacement:
    return registered(unchanged_pair)


def test_tissue_is_found_to_less_than_a_voxel(
    unchanged_pair: VisitPair, found: Displacement
) -> None:
    """Voxels of 6 x 6 x 12 mm; the tissue had moved by 11 mm on average."""
    labels = unchanged_pair.follow_up.truth.segments
    points = points_of(labels.geometry, labels.liver)
    moved = np.linalg.norm(points - unchanged_pair.to_baseline(points), axis=1)
    errors = errors_mm(unchanged_pair, found)
    assert moved.mean() > 10.0
    assert errors.mean() < 4.0
    assert np.percentile(errors, 95) < 7.5


def test_bending_brings_more_than_the_rigid_motion_alone(
    unchanged_pair: VisitPair, found: Displacement
) -> None:
    rigid = Displacement(found.rigid, np.zeros_like(found.field_mm), found.grid)
    assert errors_mm(unchanged_pair, found).mean() < errors_mm(unchanged_pair, rigid).mean()
    truth = unchanged_pair.baseline.truth.segments, unchanged_pair.follow_up.truth.segments
    assert registration_quality(found, *truth).dice > registration_quality(found, *truth).rigid_dice


def test_brightness_of_the_images_does_not_matter(
    unchanged_pair: VisitPair, found: Displacement
) -> None:
    brighter = registered(unchanged_pair, gain=7.0)
    assert (
        errors_mm(unchanged_pair, brighter).mean() < 1.1 * errors_mm(unchanged_pair, found).mean()
    )


def test_change_of_fat_does_not_pull_the_registration(changed_pair: VisitPair) -> None:
    assert errors_mm(changed_pair, registered(changed_pair)).mean() < 4.0


def test_a_shift_alone_is_found_to_a_third_of_a_slice() -> None:
    change = FollowUp((12.0, -9.0, 15.0), (0.0, 0.0, 0.0), 0.0)
    pair = pair_of(change)
    assert errors_mm(pair, registered(pair)).mean() < 4.0


def test_identical_visits_are_left_where_they_are(unchanged_pair: VisitPair) -> None:
    same = liver_image(unchanged_pair.baseline)
    still = register_livers(same, same)
    points = points_of(same.labels.geometry, same.labels.liver)
    assert np.linalg.norm(still.to_baseline(points) - points, axis=1).max() < 0.5


def test_the_caller_is_told_how_far_it_is(unchanged_pair: VisitPair) -> None:
    told: list[float] = []
    pair = unchanged_pair
    register_livers(
        liver_image(pair.baseline), liver_image(pair.follow_up), lambda part, _: told.append(part)
    )
    assert told == sorted(told)
    assert len(told) >= 3
    assert told[-1] <= 1.0


def test_labels_and_image_of_a_visit_lie_on_one_grid() -> None:
    grid, other = Geometry((3, 3, 3), np.eye(4)), Geometry((3, 3, 4), np.eye(4))
    with pytest.raises(GeometryMismatch):
        LiverImage(
            LabelMap(np.zeros(grid.shape), grid), Volume(np.zeros(other.shape), other, MR_SIGNAL)
        )
