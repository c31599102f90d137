from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from analysis.errors import OutputFailed
from portal.audit.models import AuditEvent
from portal.errors import PortalError
from portal.studies import filing
from portal.studies.manifest import ManifestLine
from portal.studies.models import StoredFile, Study, Upload, UploadFile
from portal.studies.services import complete_upload, discard_upload, materialise, open_upload
from portal.studies.storage import current_storage
from portal.trials.models import Subject
from tests.portal.conftest import Cast, line

SLICES = {"series/IM1": b"first slice", "series/IM2": b"second slice", "notes.txt": b""}


def manifest(contents: dict[str, bytes] = SLICES) -> list[ManifestLine]:
    return [line(path, content) for path, content in contents.items()]


def deliver(upload: Upload, *contents: bytes) -> None:
    incoming = current_storage().incoming
    parts = {}
    for number, content in enumerate(contents):
        part = incoming / f"{number}"
        part.write_bytes(content)
        parts[line("any", content).sha256] = part
    filing.file_parts(upload, parts)


@pytest.fixture
def upload(cast: Cast) -> Upload:
    return open_upload(cast.uma, cast.north, "S-001", "Baseline", manifest())


def test_opening_names_everything_but_the_empty_file_as_missing(upload: Upload) -> None:
    assert upload.state == Upload.State.OPEN
    assert upload.file_count == 3
    assert filing.missing(upload) == {
        line("any", content).sha256: len(content) for content in SLICES.values() if content
    }


def test_opening_creates_the_subject_and_the_visit_once(cast: Cast, upload: Upload) -> None:
    again = open_upload(cast.uma, cast.north, "S-001", "Month 6", manifest({"a": b"other"}))
    assert again.subject == upload.subject
    assert again.visit != upload.visit
    assert Subject.objects.count() == 1


def test_two_sites_may_use_the_same_subject_number(cast: Cast, upload: Upload) -> None:
    other = open_upload(cast.uwe, cast.south, "S-001", "Baseline", manifest())
    assert other.pk != upload.pk
    assert other.subject != upload.subject


def test_the_same_files_again_resume_the_open_upload(cast: Cast, upload: Upload) -> None:
    deliver(upload, b"first slice")
    again = open_upload(cast.uma, cast.north, "S-001", "Baseline", [*reversed(manifest())])
    assert again.pk == upload.pk
    assert filing.missing(again) == {line("any", b"second slice").sha256: len(b"second slice")}


def test_files_that_the_site_sent_before_are_not_asked_for_again(
    cast: Cast, upload: Upload
) -> None:
    deliver(upload, b"first slice")
    more = open_upload(cast.uma, cast.north, "S-002", "Baseline", manifest({"x": b"first slice"}))
    assert not filing.missing(more)


def test_knowing_a_checksum_gives_no_other_site_the_file(cast: Cast, upload: Upload) -> None:
    deliver(upload, b"first slice")
    theirs = open_upload(cast.uwe, cast.south, "S-9", "Baseline", manifest({"x": b"first slice"}))
    assert [*filing.missing(theirs).values()] == [len(b"first slice")]


def test_a_file_that_vanished_from_the_storage_is_asked_for_again(
    cast: Cast, upload: Upload
) -> None:
    deliver(upload, b"first slice")
    current_storage().remove(line("x", b"first slice").sha256)
    more = open_upload(cast.uma, cast.north, "S-002", "Baseline", manifest({"x": b"first slice"}))
    assert [*filing.missing(more).values()] == [len(b"first slice")]


def test_one_file_under_two_names_is_sent_once(cast: Cast) -> None:
    twins = manifest({"a": b"same", "b": b"same"})
    upload = open_upload(cast.uma, cast.north, "S-001", "Baseline", twins)
    assert len(filing.missing(upload)) == 1
    deliver(upload, b"same")
    assert complete_upload(upload).upload.files.filter(state=UploadFile.State.RECEIVED).count() == 2
    assert StoredFile.objects.count() == 1


def test_an_upload_is_never_completed_with_a_file_missing(upload: Upload) -> None:
    deliver(upload, b"first slice")
    with pytest.raises(PortalError, match="1 of 3 files have not arrived") as refused:
        complete_upload(upload)
    assert refused.value.details == {"missing_count": 1, "missing": ["series/IM2"]}
    assert not Study.objects.exists()


def test_completing_makes_one_study_however_often_it_is_asked(upload: Upload, cast: Cast) -> None:
    deliver(upload, b"first slice", b"second slice")
    study = complete_upload(upload, by=cast.uma)
    assert complete_upload(upload, by=cast.uma) == study
    assert (study.subject, study.site, study.trial) == (upload.subject, cast.north, cast.trial)
    actions = AuditEvent.objects.filter(object_id=str(upload.pk)).values_list("action", flat=True)
    assert [*actions] == ["upload-opened", "upload-completed"]


def test_the_same_study_twice_is_offered_as_a_new_version(upload: Upload, cast: Cast) -> None:
    deliver(upload, b"first slice", b"second slice")
    study = complete_upload(upload)
    with pytest.raises(PortalError, match="received before") as refused:
        open_upload(cast.uma, cast.north, "S-001", "Baseline", manifest())
    assert refused.value.details == {"study": str(study.pk)}
    again = open_upload(cast.uma, cast.north, "S-001", "Baseline", manifest(), is_new_version=True)
    assert again.pk != upload.pk
    assert not filing.missing(again)


def test_a_closed_trial_takes_no_more_studies(cast: Cast) -> None:
    cast.trial.closed_at = timezone.now()
    cast.north.trial = cast.trial
    with pytest.raises(PortalError, match="takes no more studies"):
        open_upload(cast.uma, cast.north, "S-001", "Baseline", manifest())


def test_a_full_disc_refuses_at_the_start(cast: Cast, settings: Settings) -> None:
    settings.STORAGE_KEEP_FREE_BYTES = 10**18
    with pytest.raises(OutputFailed, match="no room"):
        open_upload(cast.uma, cast.north, "S-001", "Baseline", manifest())
    assert not Upload.objects.exists()
    assert not Subject.objects.exists()


def test_discarding_forgets_what_nothing_else_needs(cast: Cast, upload: Upload) -> None:
    deliver(upload, b"first slice", b"second slice")
    open_upload(cast.uma, cast.north, "S-002", "Baseline", manifest({"x": b"first slice"}))
    assert discard_upload(upload, by=cast.uma).state == Upload.State.DISCARDED
    assert [*StoredFile.objects.exclude(size_bytes=0).values_list("sha256", flat=True)] == [
        line("x", b"first slice").sha256
    ]
    with pytest.raises(PortalError, match="was discarded"):
        complete_upload(upload)


def test_a_complete_upload_cannot_be_discarded(upload: Upload) -> None:
    deliver(upload, b"first slice", b"second slice")
    complete_upload(upload)
    with pytest.raises(PortalError, match="belongs to a study"):
        discard_upload(upload)


def test_the_files_are_laid_out_under_their_own_paths(upload: Upload, tmp_path: Path) -> None:
    deliver(upload, b"first slice", b"second slice")
    study = complete_upload(upload)
    folder = materialise(study, tmp_path / "work")
    found = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert found == SLICES
    assert materialise(study, folder) == folder


def test_a_name_too_long_for_the_disc_is_shortened_and_stays_unique(
    cast: Cast, tmp_path: Path
) -> None:
    contents = {"図" * 200 + end: end.encode() for end in "ab"}
    upload = open_upload(cast.uma, cast.north, "S-001", "Baseline", manifest(contents))
    deliver(upload, *contents.values())
    folder = materialise(complete_upload(upload), tmp_path / "work")
    assert sorted(path.read_bytes() for path in folder.iterdir()) == [b"a", b"b"]
