from __future__ import annotations

from django.apps import AppConfig


class TrialsConfig(AppConfig):
    name = "portal.trials"

    def ready(self) -> None:
        # Models can be imported only once the apps are loaded.
        from portal.accounts.services import administrator_named  # noqa: PLC0415  # see above
        from portal.trials.schemes import refuse_seeing_all  # noqa: PLC0415  # see above

        administrator_named.connect(refuse_seeing_all, dispatch_uid="trials.refuse_seeing_all")
