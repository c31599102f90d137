"""What an administrator does with segmentation models: look, import, activate, roll back.

The files are the truth about what is installed (those that Lobule ships, and ``models/`` below the
storage root); the database knows which model new runs take, and who chose it. A run keeps the model
that it was started with.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from analysis.errors import ModelError
from analysis.wording import words
from inference.catalogue import MODELS_FOLDER, find, model_folders
from inference.model_card import ModelCard, read_card
from inference.packages import install_package
from portal.accounts.models import User
from portal.audit.services import record
from portal.errors import PortalError
from portal.runs import storage
from portal.runs.models import ModelActivation, ModelVersion
from portal.wording import say


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model as an administrator sees it; ``card`` is None where its files are gone."""

    sha256: str
    name: str
    version: str
    licence: str
    is_active: bool
    is_shipped: bool
    runs: int
    first_used_at: datetime | None
    imported_at: datetime | None
    imported_by: str
    card: ModelCard | None

    @property
    def is_installed(self) -> bool:
        return self.card is not None

    @property
    def can_activate(self) -> bool:
        return self.is_installed and not self.is_active


@dataclass(frozen=True, slots=True)
class ModelsOverview:
    """Everything an administrator's page about models shows."""

    models: tuple[ModelLine, ...]
    history: tuple[ModelActivation, ...]
    can_roll_back: bool
    unreadable: tuple[str, ...]


def overview() -> ModelsOverview:
    """Return all models, installed or only used in the past, and the choices made so far."""
    cards, unreadable = _installed()
    rows = {row.sha256: row for row in ModelVersion.objects.select_related("imported_by")}
    counts = dict(ModelVersion.objects.annotate(times=Count("runs")).values_list("sha256", "times"))
    active = active_sha256()
    lines = [
        _line(sha256, cards.get(sha256), rows.get(sha256), counts.get(sha256, 0), active)
        for sha256 in dict.fromkeys((*cards, *rows))
    ]
    return ModelsOverview(
        models=tuple(lines),
        history=tuple(ModelActivation.objects.select_related("model", "activated_by")),
        can_roll_back=_current() is not None,
        unreadable=unreadable,
    )


def _installed() -> tuple[dict[str, tuple[Path, ModelCard]], tuple[str, ...]]:
    cards: dict[str, tuple[Path, ModelCard]] = {}
    unreadable = []
    for folder in model_folders(MODELS_FOLDER, storage.models()):
        try:
            card = read_card(folder)
        except ModelError as error:
            unreadable.append(say(error.words))
        else:
            cards[card.sha256] = (folder, card)
    return cards, tuple(unreadable)


def _line(
    sha256: str,
    installed: tuple[Path, ModelCard] | None,
    row: ModelVersion | None,
    runs: int,
    active: str,
) -> ModelLine:
    card = installed[1] if installed else None
    about = card or row
    return ModelLine(
        sha256=sha256,
        name=about.name if about else "",
        version=about.version if about else "",
        licence=about.licence if about else "",
        is_active=sha256 == active,
        is_shipped=installed is not None and installed[0].is_relative_to(MODELS_FOLDER),
        runs=runs,
        first_used_at=row.first_used_at if row else None,
        imported_at=row.imported_at if row else None,
        imported_by=row.imported_by.email if row and row.imported_by else "",
        card=card,
    )


def _current() -> ModelActivation | None:
    """Return the activation that counts, or None: then the newest shipped model is taken."""
    return ModelActivation.objects.filter(rolled_back_at=None).select_related("model").first()


def active_sha256() -> str:
    current = _current()
    return current.model.sha256 if current else find().sha256


def model_for_new_runs() -> str:
    """Return ``name:version`` for ``AnalyseOptions``; empty while nobody has chosen."""
    current = _current()
    return f"{current.model.name}:{current.model.version}" if current else ""


def import_package(package: BinaryIO, *, by: User) -> ModelVersion:
    """Install a model from its package (a ZIP of model.onnx and card.json); not yet active.

    Raises
    ------
    ModelError
        With a sentence for the administrator.
    """
    spec = install_package(package, storage.models(), MODELS_FOLDER)
    with transaction.atomic():
        row, _ = ModelVersion.objects.update_or_create(
            sha256=spec.sha256,
            defaults={
                "name": spec.name,
                "version": spec.version,
                "licence": spec.licence[:200],
                "imported_at": timezone.now(),
                "imported_by": by,
            },
        )
        about = {"name": spec.name, "version": spec.version, "sha256": spec.sha256}
        record("model-imported", row, actor=by, new=about)
    return row


@transaction.atomic
def activate(sha256: str, *, by: User, reason: str) -> ModelActivation:
    """Let new runs take this model; runs that exist keep theirs."""
    cards, _ = _installed()
    if sha256 not in cards:
        raise PortalError(
            words("This model is not installed here; import it first."),
            code="model-missing",
            status=HTTPStatus.NOT_FOUND,
        )
    if sha256 == active_sha256():
        raise PortalError(
            words("New analyses take this model already."),
            code="model-active",
            status=HTTPStatus.CONFLICT,
        )
    card = cards[sha256][1]
    defaults = {"name": card.name, "version": card.version, "licence": card.licence[:200]}
    row, _ = ModelVersion.objects.get_or_create(sha256=sha256, defaults=defaults)
    old = {"model": model_for_new_runs()}
    made = ModelActivation.objects.create(model=row, activated_by=by, reason=reason)
    new = {"model": model_for_new_runs(), "sha256": sha256, "reason": reason}
    record("model-activated", row, actor=by, old=old, new=new)
    return made


@transaction.atomic
def roll_back(*, by: User, reason: str) -> str:
    """Return to the choice before the last one; give the model that new runs take from now on."""
    current = _current()
    if current is None:
        raise PortalError(
            words("There is no earlier model to return to; the one that Lobule ships is in use."),
            code="nothing-to-roll-back",
            status=HTTPStatus.CONFLICT,
        )
    old = {"model": model_for_new_runs()}
    current.rolled_back_at = timezone.now()
    current.save(update_fields=["rolled_back_at"])
    new = {"model": model_for_new_runs(), "sha256": active_sha256(), "reason": reason}
    record("model-rolled-back", current.model, actor=by, old=old, new=new)
    return active_sha256()
