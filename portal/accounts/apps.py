from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "portal.accounts"

    def ready(self) -> None:
        # Models can be imported only once the apps are loaded.
        from portal.accounts.on_record import listen  # noqa: PLC0415  # see above

        listen()
