"""Build a new dataset from what the rule table allows of an old one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filewriter import correct_ambiguous_vr_element
from pydicom.sequence import Sequence

from analysis.ingest.elements import text
from analysis.ingest.malformed import MALFORMED
from portal.errors import PortalError
from portal.studies.deidentification import values
from portal.studies.deidentification.pseudonyms import Pseudonyms
from portal.studies.deidentification.rules import Action, PrivateRule, Rules
from portal.studies.deidentification.values import Unclean

_DEEPEST = 12
_CODE_VALUE, _CODE_SCHEME = 0x00080100, 0x00080102
_PRIVATE_BLOCKS = range(0x10, 0x100)
_USUAL_BLOCK = 0x10


class CannotBeCleaned(PortalError):
    """A file is not sent, because what is in it cannot be judged."""


@dataclass(slots=True)
class Cleaner:
    """Cleans the datasets of one patient.

    Parameters
    ----------
    rules
        The table.
    pseudonyms
        Made from the site's key.
    patient_id
        As in the header; dates move by a number of days of its own.
    removed
        How many attributes were left out, counted while cleaning.
    """

    rules: Rules
    pseudonyms: Pseudonyms
    patient_id: str
    removed: int = field(default=0, init=False)

    def clean(self, dataset: Dataset, depth: int = 0) -> Dataset:
        """Return a new dataset with what the rules allow, the same rules in every sequence."""
        if depth > _DEEPEST:
            raise CannotBeCleaned("Its sequences are nested too deeply.", code="nested-too-deep")
        kept = Dataset()
        if depth and self._is_unknown_code(dataset):
            self.removed += len(dataset)
            return kept
        for tag in dataset.keys():  # noqa: SIM118  # iterating a dataset would parse every value
            action = self.rules.actions.get(int(tag))
            if action is None:
                self.removed += not tag.is_private_creator
                continue
            self._keep(kept, dataset, int(tag), action, depth)
        for rule in self.rules.private:
            self._keep_private(kept, dataset, rule, depth)
        return kept

    def _keep(self, kept: Dataset, dataset: Dataset, tag: int, action: Action, depth: int) -> None:
        try:
            element = _resolved(dataset, tag)
            if action is not Action.EMPTY and element.VR not in self.rules.vrs[tag]:
                raise Unclean
            if action is not Action.PIXELS:
                value = self._value(element.value, element.VR, action, depth)
                element = DataElement(tag, element.VR, value)
            kept.add(element)
        except (Unclean, *MALFORMED):
            self.removed += 1

    def _value(self, value: Any, vr: str, action: Action, depth: int) -> Any:
        if action is Action.CODE and depth == 0:
            raise Unclean  # codes stand in sequences, where the whole code is checked
        if value is None or action is Action.EMPTY:
            return [] if action is Action.ITEMS else None
        if action is Action.ITEMS:
            if not isinstance(value, Sequence):
                raise Unclean
            return Sequence(item for item in self._items(value, depth) if len(item))
        return _single(self._simple(action)(value, vr))

    def _items(self, sequence: Sequence, depth: int) -> Iterator[Dataset]:
        for item in sequence:
            yield self.clean(item, depth + 1)

    def _simple(self, action: Action) -> Callable[[Any, str], Any]:
        table: dict[Action, Callable[[Any, str], Any]] = {
            Action.NUMBER: values.numbers,
            Action.WORDS: lambda value, _: values.words(value, self.rules),
            Action.VERSION: lambda value, _: values.version(value, self.rules),
            Action.UID: lambda value, _: values.uids(value, self.pseudonyms),
            Action.KNOWN_UID: lambda value, _: values.known_uids(value, self.rules),
            Action.SHIFT: lambda value, vr: values.shifted(
                value, vr, self.pseudonyms, self.patient_id, self.rules
            ),
            Action.PSEUDONYM: lambda *_: self.pseudonyms.subject(self.patient_id),
            Action.AGE: lambda value, _: values.age(value, self.rules),
            Action.CODE: lambda value, _: str(value).strip(),  # the whole code was checked before
            Action.POINTER: lambda value, _: values.pointers(value, self.rules),
        }
        return table[action]

    def _is_unknown_code(self, dataset: Dataset) -> bool:
        if not (_CODE_VALUE in dataset or _CODE_SCHEME in dataset):
            return False
        return (text(dataset, _CODE_SCHEME), text(dataset, _CODE_VALUE)) not in self.rules.codes

    def _keep_private(self, kept: Dataset, dataset: Dataset, rule: PrivateRule, depth: int) -> None:
        found = _private_element(dataset, rule)
        if found is None:
            return
        try:
            if found.VR not in {rule.vr, "UN"}:
                raise Unclean
            value = self._value(found.value, rule.vr, rule.action, depth)
        except (Unclean, *MALFORMED):
            self.removed += 1
            return
        block = kept.private_block(rule.group, rule.creator, create=True)
        block.add_new(rule.element, rule.vr, value)


def _resolved(dataset: Dataset, tag: int) -> DataElement:
    """Return an element whose VR is known; some depend on others (US or SS)."""
    element: DataElement = dataset[tag]
    if " or " in element.VR:
        is_little_endian = dataset.original_encoding[1] is not False
        correct_ambiguous_vr_element(element, dataset, is_little_endian)
    return element


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _private_element(dataset: Dataset, rule: PrivateRule) -> DataElement | None:
    """Find a private element by its creator, or in its usual place where no creator is left."""
    blocks = [block for block in _PRIVATE_BLOCKS if rule.group << 16 | block in dataset]
    for block in blocks:
        if str(dataset[rule.group << 16 | block].value).strip() == rule.creator:
            return _element(dataset, rule.group << 16 | block << 8 | rule.element)
    if blocks:
        return None
    return _element(dataset, rule.group << 16 | _USUAL_BLOCK << 8 | rule.element)


def _element(dataset: Dataset, tag: int) -> DataElement | None:
    if tag not in dataset:
        return None
    element: DataElement = dataset[tag]
    return element
