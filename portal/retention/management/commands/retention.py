from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.accounts.models import User
from portal.errors import PortalError
from portal.retention.plans import plan_for
from portal.retention.selectors import due_studies
from portal.retention.services import delete_study
from portal.trials.models import Trial


class Command(BaseCommand):
    help = "List the studies whose time is over; with --delete they go, each with its record."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--trial", default="", help="slug of one trial; without it, all")
        parser.add_argument("--delete", action="store_true", help="delete what is listed")
        parser.add_argument("--by", default="", help="e-mail of the administrator who answers")
        parser.add_argument("--reason", default="", help="goes into each record")

    def handle(self, *_args: Any, **options: Any) -> None:
        trials = Trial.objects.order_by("slug")
        if options["trial"]:
            trials = trials.filter(slug=options["trial"])
            if not trials:
                raise CommandError(f"There is no trial {options['trial']}.")
        person = _administrator(options["by"]) if options["delete"] else None
        if person and not options["reason"].strip():
            raise CommandError("Say why with --reason.")
        count = sum(self._go_through(trial, person, options["reason"]) for trial in trials)
        self.stdout.write(f"{count} {'deleted' if person else 'would be deleted'}")

    def _go_through(self, trial: Trial, person: User | None, reason: str) -> int:
        count = 0
        for study in due_studies(trial):
            plan = plan_for(study)
            self.stdout.write(
                f"{trial.slug} {plan.subject} {plan.visit} {study.pk}: {plan.freed_bytes} bytes"
            )
            if person:
                try:
                    delete_study(study, plan_sha256=plan.sha256, reason=reason, by=person)
                except PortalError as refused:
                    self.stderr.write(f"{study.pk} stays: {refused.message}")
                    continue
            count += 1
        return count


def _administrator(email: str) -> User:
    found = User.objects.filter(email=email, is_administrator=True, is_active=True).first()
    if found is None:
        raise CommandError("Name an administrator with --by; deletions carry a name.")
    return found
