"""Unique identifiers that depend only on what is written, so that equal input gives equal bytes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from pydicom.uid import UID


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Source of UIDs for one study.

    Parameters
    ----------
    key
        Text that stands for the study: its specification, seed and vendor.
    """

    key: str

    def uid(self, *parts: object) -> UID:
        """Return the UID of a part of the study under the root 2.25 (UUID derived).

        References
        ----------
        DICOM PS3.5 B.2.

        Examples
        --------
        >>> Identifiers("a").uid("series", 1) == Identifiers("a").uid("series", 1)
        True
        """
        name = "/".join((self.key, *(str(part) for part in parts)))
        return UID(f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, name).int}")
