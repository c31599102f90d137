"""Runs deid (MIT) in its own environment: ``python deidentification_peer.py IN_FOLDER OUT_FOLDER``.

Needs only deid and pydicom. Uses the recipe that deid ships, as somebody would who trusts it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from deid.config import DeidRecipe
from deid.dicom import replace_identifiers


def main() -> None:
    source, target = map(Path, sys.argv[1:])
    files = sorted(str(path) for path in source.iterdir())
    target.mkdir(parents=True, exist_ok=True)
    cleaned = replace_identifiers(
        dicom_files=files, deid=DeidRecipe(), save=False, strip_sequences=False
    )
    for path, dataset in zip(files, cleaned, strict=True):
        dataset.save_as(target / Path(path).name)


if __name__ == "__main__":
    main()
