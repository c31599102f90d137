from __future__ import annotations

from pathlib import Path

import pytest

from analysis.simulation.dicom.writer import DicomOptions, write_dicom
from analysis.simulation.phantom import simulate, small_phantom
from analysis.simulation.simulated_study import SimulatedStudy
from portal.studies.deidentification.pseudonyms import Pseudonyms
from portal.studies.deidentification.rules import Rules, load_rules
from tests.portal.studies.deidentification.browser import BrowserCleaner, can_build

KEY = bytes(range(32))


@pytest.fixture(scope="session")
def simulated_study() -> SimulatedStudy:
    return simulate(small_phantom(7))


@pytest.fixture(scope="session")
def study_folder(simulated_study: SimulatedStudy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small classic Siemens study with phase, maps and a localizer."""
    folder = tmp_path_factory.mktemp("study")
    options = DicomOptions(has_phase=True, has_vendor_maps=True, has_localizer=True)
    write_dicom(simulated_study, folder, options=options)
    return folder


@pytest.fixture
def one_file(study_folder: Path) -> Path:
    return sorted(path for path in study_folder.rglob("*") if path.is_file())[0]


@pytest.fixture
def rules() -> Rules:
    return load_rules()


@pytest.fixture
def pseudonyms() -> Pseudonyms:
    return Pseudonyms(KEY, "S-001")


@pytest.fixture(scope="session")
def browser_cleaner(tmp_path_factory: pytest.TempPathFactory) -> BrowserCleaner:
    """Return the page's de-identifier, run by Node instead of a browser."""
    if not can_build():
        pytest.skip("Node or the front end's packages are not here: run `make install`")
    return BrowserCleaner.build(tmp_path_factory.mktemp("browser") / "built", KEY)
