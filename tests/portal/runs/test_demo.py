from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from pytest_django import Settings

from portal.accounts.models import User
from portal.runs.demo import SUBJECT, VISIT, Demo, ensure_demo, follow, send_study, wait_until_up
from portal.runs.execution import run_stage
from portal.runs.models import AnalysisRun
from portal.runs.programs import programs
from portal.runs.site_client import Refused, SiteClient, files_below
from portal.studies.models import Study
from portal.studies.selectors import studies_for
from portal.studies.storage import current_storage
from portal.trials.models import Trial
from tests.portal.runs.broker_calls import Calls


@pytest.fixture(autouse=True)
def local_dir(tmp_path: Path, settings: Settings) -> Path:
    settings.LOCAL_DIR = tmp_path
    settings.DEIDENTIFICATION_REQUIRED = True  # as it is outside of tests
    return tmp_path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    (folder / "series").mkdir(parents=True)
    for number in range(1, 4):
        image = nib.Nifti1Image(np.full((4, 4, 4), number, np.int16), np.eye(4))
        image.header["descrip"] = b"Doe^Jane"
        nib.save(image, folder / "series" / f"doe_jane_e{number}.nii")
    (folder / "letter.txt").write_text("Dear Mrs Doe")
    return folder


@pytest.mark.django_db
def test_the_people_are_made_once_and_keep_their_passwords(local_dir: Path) -> None:
    first, second = ensure_demo(), ensure_demo()
    assert first == second
    assert User.objects.count() == 3
    assert Trial.objects.count() == 1
    assert (local_dir / "demo_accounts.json").stat().st_mode & 0o077 == 0


@pytest.mark.django_db
def test_passwords_work_and_no_two_are_alike() -> None:
    people = ensure_demo().people
    assert len({person.password for person in people}) == 3
    for person in people:
        assert User.objects.get(email=person.email).check_password(person.password)


@pytest.mark.django_db(transaction=True)
def test_a_study_goes_in_through_the_front_door(
    live_server: str, images: Path, broker: Calls, toy_stages: object
) -> None:
    """Sign in, manifest, tus, complete, progress: real HTTP, as from a site."""
    demo, address = ensure_demo(), str(live_server)
    wait_until_up(address)
    run_id = send_study(demo, address, images, lambda line: None)
    study = Study.objects.get()
    assert (study.subject.code, study.visit.name) == (SUBJECT, VISIT)
    received = [*study.upload.files.all()]
    assert len(received) == 3
    assert study.upload.not_sent == {"not-an-image": 1}
    assert not {file.sha256 for file in received} & {file.sha256 for file in files_below(images)}
    for file in received:
        with current_storage().open(file.sha256) as content:
            assert b"doe" not in content.read().lower() + file.relative_path.encode()
    assert broker.sent == [("ingest", "cpu")]
    reader = User.objects.get(email=demo.person("reader").email)
    assert studies_for(reader).get() == study
    assert ensure_demo() == Demo(demo.people, demo.site_id, run_id)


@pytest.mark.django_db(transaction=True)
def test_the_end_of_the_run_is_told_with_its_address(
    live_server: str, images: Path, broker: Calls, toy_stages: object
) -> None:
    demo, address = ensure_demo(), str(live_server)
    run_id = send_study(demo, address, images, lambda line: None)
    run = AnalysisRun.objects.get(pk=run_id)
    for name in ("ingest", "segment", "map", "export"):
        run_stage(run.pk, name)
    said: list[str] = []
    follow(demo, address, run_id, said.append)
    assert said[-1].startswith(f"The report is ready: {address}/")
    assert run_id in said[-1]


@pytest.mark.django_db(transaction=True)
def test_a_wrong_password_is_refused(live_server: str) -> None:
    ensure_demo()
    with pytest.raises(Refused, match="could not sign in"):
        SiteClient(str(live_server)).sign_in("uploader@demo.example", "wrong")


def test_a_portal_has_web_both_workers_and_a_scheduler() -> None:
    names = [program.name for program in programs("127.0.0.1:8000")]
    assert names == ["web", "worker-cpu", "worker-gpu", "scheduler"]
    gpu = next(program for program in programs("x") if program.name == "worker-gpu")
    assert "solo" in gpu.command
