from __future__ import annotations

import pytest

from analysis.change.images import ImageComparison, compare_images
from analysis.simulation.follow_up import FollowUp, VisitPair
from tests.analysis.change.pairs import pair_of, visit_of

PDFF_STEPS = (-6.0, -6.0, -6.0, -6.0, -3.0, -4.0, -8.0, 0.0)
R2STAR_FACTOR = 1.3


@pytest.fixture(scope="session")
def unchanged_pair() -> VisitPair:
    return pair_of(FollowUp())


@pytest.fixture(scope="session")
def changed_pair() -> VisitPair:
    """Fat fell by a known amount in each segment but VIII; R2* rose by 30 %."""
    return pair_of(FollowUp(pdff_change_percent=PDFF_STEPS, r2star_factor=(R2STAR_FACTOR,) * 8))


@pytest.fixture(scope="session")
def unchanged(unchanged_pair: VisitPair) -> ImageComparison:
    pair = unchanged_pair
    return compare_images(visit_of(pair.baseline, 1), visit_of(pair.follow_up, 2))


@pytest.fixture(scope="session")
def changed(changed_pair: VisitPair) -> ImageComparison:
    pair = changed_pair
    return compare_images(visit_of(pair.baseline, 1), visit_of(pair.follow_up, 2))
