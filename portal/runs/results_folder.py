"""A folder of results that is either complete or not there: ``manifest.json`` is written last."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.errors import OutputFailed
from analysis.wording import Words, words

MANIFEST_FILE = "manifest.json"


@contextmanager
def writing(place: str | Words) -> Iterator[None]:
    """Turn a failure to write into a sentence that names the ``place``."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutputFailed(
                words(
                    "There is no space left for the results (%(place)s); free some and start "
                    "again.",
                    place=place,
                ),
                code="disc-full",
                permanent=False,
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise OutputFailed(
                words(
                    "The results cannot be written (%(place)s: %(problem)s); choose another output "
                    "folder.",
                    place=place,
                    problem=str(error.strerror),
                ),
                code="cannot-write",
            ) from error
        raise


@contextmanager
def new_results(folder: Path) -> Iterator[Path]:
    """Give an empty folder to write into; it becomes ``folder`` only if nothing failed.

    Earlier results in ``folder`` stay until then and are replaced file by file: first the old
    manifest goes, last the new one comes, so that a folder with a manifest is always whole.
    """
    partial = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    with writing(str(folder)):
        partial.mkdir(parents=True)
    try:
        yield partial
        with writing(str(folder)):
            _publish(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _publish(partial: Path, folder: Path) -> None:
    if not folder.exists():
        partial.replace(folder)
        return
    (folder / MANIFEST_FILE).unlink(missing_ok=True)
    names = sorted(
        (path.name for path in partial.iterdir()), key=lambda name: name == MANIFEST_FILE
    )
    for name in names:
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
        (partial / name).replace(folder / name)
