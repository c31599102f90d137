from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.simulation.phantom import simulate, small_phantom
from analysis.simulation.simulated_study import SimulatedStudy
from analysis.simulation.spec import SIEMENS_3T_FIELD_T, Grid


@pytest.fixture(scope="session")
def oblique_study() -> SimulatedStudy:
    """A tiny tilted study at 2.89 T."""
    spec = small_phantom(11, field_strength_t=SIEMENS_3T_FIELD_T)
    return simulate(replace(spec, grid=Grid((40, 32, 3), (10.0, 10.0, 45.0), (12.0, -7.0))))


@pytest.fixture(scope="session")
def rng() -> np.random.Generator:
    return np.random.default_rng(5)
