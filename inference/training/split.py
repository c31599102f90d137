"""Which patients train and which are only ever tested, fixed by a hash of their identifier.

One label file is one patient. The split depends on nothing but the patient's
identifier, so adding data later never moves a held-out patient into training.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

SPLIT_SEED = "lobule-2026"
HELD_OUT_SHARE = 0.13


def _position(patient: str, purpose: str) -> float:
    digest = hashlib.sha256(f"{SPLIT_SEED}/{purpose}/{patient}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2.0**64


def is_held_out(patient: str) -> bool:
    """Tell whether a patient is kept for testing only.

    Parameters
    ----------
    patient
        Identifier such as ``"LiTS-12"``: the label file's name without its ending.

    Examples
    --------
    >>> is_held_out("LiTS-12") == is_held_out("LiTS-12")
    True
    """
    return _position(patient, "held-out") < HELD_OUT_SHARE


def fold_of(patient: str, folds: int = 5) -> int:
    """Return the cross-validation fold, 0 to ``folds`` - 1, in which a training patient is tested.

    Parameters
    ----------
    patient
        Identifier of the patient.
    folds
        Number of folds.
    """
    return int(_position(patient, "fold") * folds)


def training_patients(patients: Iterable[str]) -> tuple[str, ...]:
    """Return the patients that training may see, sorted by identifier."""
    return tuple(sorted(patient for patient in patients if not is_held_out(patient)))


def held_out_patients(patients: Iterable[str]) -> tuple[str, ...]:
    """Return the patients that training never sees, sorted by identifier."""
    return tuple(sorted(patient for patient in patients if is_held_out(patient)))
