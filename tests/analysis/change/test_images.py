"""The whole comparison of images against changes that are known by construction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from analysis.anatomy import SEGMENTS
from analysis.change.displacement import points_of, to_index
from analysis.change.images import ImageComparison, compare_images
from analysis.change.verdict import Verdict
from analysis.errors import EmptySegmentation, UnusableInput
from analysis.simulation.follow_up import FollowUp, VisitPair, simulate_pair
from analysis.simulation.phantom import small_phantom
from analysis.simulation.spec import Grid, liver_protocol
from analysis.volume import LabelMap
from tests.analysis.change.conftest import PDFF_STEPS
from tests.analysis.change.pairs import pair_of, visit_of, with_fat

KEYS = ("PDFF", "R2*", "LIC")


def true_means(pair: VisitPair, segment: int, quantity: str) -> tuple[float, float]:
    means = []
    for study in (pair.baseline, pair.follow_up):
        inside = study.truth.segments.array == segment
        truth = study.truth.pdff if quantity == "PDFF" else study.truth.r2star
        means.append(float(truth.volume.array[inside].mean()))
    return means[0], means[1]


def test_an_unchanged_liver_shows_no_real_change_anywhere(unchanged: ImageComparison) -> None:
    assert unchanged.changes
    assert {change.verdict for change in unchanged.changes} == {Verdict.NO_REAL_CHANGE}


@pytest.mark.parametrize("key", KEYS)
def test_at_most_one_voxel_in_twenty_changes_falsely(unchanged: ImageComparison, key: str) -> None:
    found = unchanged.get(key)
    assert found is not None
    assert found.real_percent <= 5.0


@pytest.mark.parametrize("key", KEYS)
def test_the_standard_error_of_a_map_is_the_scatter_of_its_differences(
    unchanged: ImageComparison, key: str
) -> None:
    found = unchanged.get(key)
    assert found is not None
    scatter = float(found.difference[found.valid].std())
    stated = float(np.sqrt(np.mean(np.square(found.standard_error[found.valid]))))
    assert stated == pytest.approx(scatter, rel=0.3)


@pytest.mark.parametrize("segment", [s.label for s in SEGMENTS])
def test_the_change_of_fat_in_each_segment_is_the_planted_one(
    changed: ImageComparison, changed_pair: VisitPair, segment: int
) -> None:
    found = changed.change("PDFF", f"segment_{segment}")
    assert found is not None
    assert found.difference is not None
    before, after = true_means(changed_pair, segment, "PDFF")
    assert found.difference == pytest.approx(after - before, abs=0.8)
    planted = PDFF_STEPS[segment - 1]
    wanted = Verdict.FELL if planted <= -3 else Verdict.NO_REAL_CHANGE
    assert found.verdict is wanted


@pytest.mark.parametrize("segment", [s.label for s in SEGMENTS])
def test_the_change_of_iron_in_each_segment_is_the_planted_one(
    changed: ImageComparison, changed_pair: VisitPair, segment: int
) -> None:
    found = changed.change("R2*", f"segment_{segment}")
    assert found is not None
    assert found.difference is not None
    before, after = true_means(changed_pair, segment, "R2*")
    assert found.difference == pytest.approx(after - before, abs=2.5)
    assert found.verdict is Verdict.ROSE
    iron = changed.change("LIC", f"segment_{segment}")
    assert iron is not None
    assert iron.difference == pytest.approx(0.01349 * found.difference, rel=1e-3)


def test_real_change_is_drawn_where_it_was_planted(changed: ImageComparison) -> None:
    found = changed.get("PDFF")
    assert found is not None
    labels = changed.labels.array
    deep = found.valid & (labels == 7)
    still = found.valid & (labels == 8)
    assert np.mean(found.real[deep] == -1) > 0.7
    assert np.mean(found.real[still] != 0) < 0.25  # it borders on segments that changed


def test_five_points_more_in_one_segment_and_in_a_lesion_of_another_are_found(
    unchanged_pair: VisitPair,
) -> None:
    later = unchanged_pair.follow_up
    truth = later.truth.segments
    points = points_of(truth.geometry)
    depth = ndimage.distance_transform_edt(truth.array == 8, sampling=truth.geometry.spacing_mm)
    middle = points[np.unravel_index(int(depth.argmax()), truth.geometry.shape)]
    lesion = np.linalg.norm(points - middle, axis=-1) <= 15.0
    added = 5.0 * (lesion | (truth.array == 5))
    result = compare_images(
        visit_of(unchanged_pair.baseline, 1), visit_of(with_fat(later, added), 2)
    )
    rose = {
        change.region
        for change in result.changes
        if (change.quantity, change.verdict) == ("PDFF", Verdict.ROSE)
    }
    assert rose == {"segment_5"}
    drawn = result.get("PDFF")
    assert drawn is not None
    index = np.rint(to_index(drawn.geometry, points[lesion]).T).astype(int)
    assert np.mean(drawn.real[tuple(index.T)] == 1) > 0.5


def test_the_difference_is_this_visit_minus_the_earlier_one(changed: ImageComparison) -> None:
    for found in changed.maps:
        step = found.follow_up - found.baseline
        assert np.allclose(step[found.valid], found.difference[found.valid], atol=1e-4)


def test_both_anatomies_lie_on_the_grid_of_the_maps(changed: ImageComparison) -> None:
    for found in changed.maps:
        found.geometry.require_match(changed.anatomy.geometry)
        found.geometry.require_match(changed.baseline_anatomy.geometry)
    liver = changed.labels.liver
    one, other = changed.anatomy.array[liver], changed.baseline_anatomy.array[liver]
    assert np.corrcoef(one, other)[0, 1] > 0.3  # vessels fall on vessels


def test_different_fields_compare_iron_and_fat_but_not_r2star() -> None:
    pair = pair_of(FollowUp(protocol=liver_protocol(1.5)))
    result = compare_images(visit_of(pair.baseline, 1), visit_of(pair.follow_up, 2))
    assert result.get("R2*") is None
    assert [found.quantity.key for found in result.maps] == ["PDFF", "LIC"]
    assert "field-strengths-differ" in {finding.code for finding in result.findings}
    iron = result.change("LIC", "liver")
    assert iron is not None
    assert iron.verdict is Verdict.NO_REAL_CHANGE
    assert iron.limit is not None
    assert iron.limit > 0.5  # both calibrations count in full


def test_a_quantity_of_one_visit_only_has_no_map(unchanged_pair: VisitPair) -> None:
    pair = unchanged_pair
    later = visit_of(pair.follow_up, 2, keys=("PDFF",))
    result = compare_images(visit_of(pair.baseline, 1), later)
    assert [found.quantity.key for found in result.maps] == ["PDFF"]
    assert "quantity-of-one-visit" in {finding.code for finding in result.findings}


def test_a_liver_without_segments_is_compared_as_a_whole(unchanged_pair: VisitPair) -> None:
    """A model that knows the liver only labels it as one segment."""
    visits = []
    for seed, study in ((1, unchanged_pair.baseline), (2, unchanged_pair.follow_up)):
        truth = study.truth.segments
        whole = LabelMap(np.where(truth.liver, 5, 0), truth.geometry)
        visits.append(visit_of(study, seed, labels=whole))
    result = compare_images(*visits)
    regions = {change.region for change in result.changes}
    assert regions == {"liver", "segment_5"}


def test_the_parts_of_segment_4_lie_between_its_own_change(
    changed: ImageComparison,
) -> None:
    """Both lost six points, and together they are segment IV."""
    rows = [changed.change("PDFF", f"segment_{name}") for name in ("4", "4a", "4b")]
    sizes = [row.follow_up.n_voxels for row in rows if row and row.follow_up]
    whole, *steps = (row.difference for row in rows if row and row.difference is not None)
    assert sizes[0] == sum(sizes[1:])
    assert steps == pytest.approx([PDFF_STEPS[3]] * 2, abs=1.2)
    assert np.average(steps, weights=sizes[1:]) == pytest.approx(whole, abs=1e-6)
    order = [c.region for c in changed.changes if c.quantity == "PDFF"]
    assert order[4:7] == ["segment_4", "segment_4a", "segment_4b"]


def test_a_liver_cut_at_the_earlier_visit_is_not_stretched_to_a_whole_one() -> None:
    change = FollowUp(grid=Grid((64, 48, 9), (6.0, 6.0, 12.0)))
    pair = simulate_pair(small_phantom(3), change)
    cut, whole = visit_of(pair.follow_up, 2), visit_of(pair.baseline, 1, date="2026-06-01")
    result = compare_images(cut, whole)
    codes = {finding.code for finding in result.findings}
    assert {"coverage-differs", "liver-partly-covered"} <= codes
    assert 80 < result.quality.covered_percent < 95
    assert result.quality.is_accepted
    assert result.quality.smallest_jacobian > 0.25
    assert {change.verdict for change in result.changes} <= {
        Verdict.NO_REAL_CHANGE,
        Verdict.NOT_COMPARED,
    }


@pytest.mark.parametrize("seed", [5, 11])
def test_another_person_is_noticed(unchanged_pair: VisitPair, seed: int) -> None:
    stranger = simulate_pair(small_phantom(seed), FollowUp())
    result = compare_images(visit_of(unchanged_pair.baseline, 1), visit_of(stranger.follow_up, 2))
    assert "liver-shapes-differ" in {finding.code for finding in result.findings}


def test_one_person_is_not_taken_for_two(unchanged: ImageComparison) -> None:
    assert "liver-shapes-differ" not in {finding.code for finding in unchanged.findings}


def test_livers_that_do_not_match_are_refused_with_a_finding(unchanged_pair: VisitPair) -> None:
    pair = unchanged_pair
    truth = pair.follow_up.truth.segments
    shell = truth.array.copy()
    shell[:, :, ::2] = 0  # an outline that lost every second slice
    wrong = visit_of(pair.follow_up, 2, labels=LabelMap(shell, truth.geometry))
    result = compare_images(visit_of(pair.baseline, 1), wrong)
    assert not result.quality.is_accepted
    assert result.maps == ()
    assert result.changes == ()
    assert result.findings[0].code == "registration-refused"
    assert "Dice" in result.findings[0].evidence


def test_a_visit_without_a_liver_is_refused(unchanged_pair: VisitPair) -> None:
    good = visit_of(unchanged_pair.baseline, 1)
    labels = LabelMap(np.zeros(good.labels.geometry.shape), good.labels.geometry)
    other = visit_of(unchanged_pair.follow_up, 2)
    with pytest.raises(EmptySegmentation, match="correct its mask"):
        compare_images(replace(good, labels=labels), other)


def test_a_study_is_not_compared_with_itself(unchanged_pair: VisitPair) -> None:
    visit = visit_of(unchanged_pair.baseline, 1)
    with pytest.raises(UnusableInput, match="same study"):
        compare_images(visit, visit)
