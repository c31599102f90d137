from __future__ import annotations

import pytest

from analysis.simulation.phantom import simulate, small_phantom
from analysis.simulation.simulated_study import SimulatedStudy


@pytest.fixture(scope="session")
def small_study() -> SimulatedStudy:
    return simulate(small_phantom(7))
