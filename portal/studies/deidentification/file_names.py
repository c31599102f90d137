"""Names of files: a folder is often called after the patient."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus

from portal.errors import PortalError
from portal.studies.deidentification.rules import Rules, load_rules
from portal.studies.deidentification.wording import known_version

_PSEUDONYM = re.compile(r"2\.25\.[0-9]{1,39}|s[0-9a-f]{12}")
_ENDING = re.compile(r"(\.(dcm|dicom|ima|nii|nii\.gz|json|zip))?$", re.IGNORECASE)
_PARTS = re.compile(r"[^\W_]+")
# What scanners and archives call their files, apart from words about the image.
_USUAL = frozenset(
    {"dicom", "dicomdir", "echo", "i", "im", "image", "img", "part", "se", "ser", "slice", "st"}
)
_LONGEST_NUMBER = 5


class NamesRefused(PortalError):
    """File names of an upload may name someone."""


def refuse_naming_paths(paths: Iterable[str]) -> None:
    """Refuse names that are neither pseudonyms nor known words with short numbers.

    Raises
    ------
    NamesRefused
        Without the names: an error text is kept in more places than a manifest.
    """
    rules = load_rules()
    if count := sum(may_name(path, rules) for path in paths):
        raise NamesRefused(
            f"{count} file or folder names may name someone. Send the study from the upload page, "
            "which renames the files, or clean it with `manage.py deidentify`.",
            code="naming-paths",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )


def may_name(path: str, rules: Rules) -> bool:
    return not all(_is_harmless(_ENDING.sub("", part), rules) for part in path.split("/"))


def _is_harmless(name: str, rules: Rules) -> bool:
    if _PSEUDONYM.fullmatch(name):
        return True
    return name.isascii() and all(_is_usual(part, rules) for part in _PARTS.findall(name))


def _is_usual(part: str, rules: Rules) -> bool:
    if _PSEUDONYM.fullmatch(part):
        return True  # first: one in twenty ends in more digits than a number may have
    word = part.rstrip("0123456789")
    if len(part) - len(word) > _LONGEST_NUMBER:
        return False
    is_usual = not word or word.lower() in _USUAL
    return is_usual or known_version(part, rules) == part
