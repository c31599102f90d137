"""Start a whole portal on this machine with a simulated study: ``make demo``."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from portal.runs.demo import Demo, ensure_demo, follow, send_study, simulate, wait_until_up
from portal.runs.programs import programs
from portal.runs.site_client import Refused
from portal.runs.supervisor import Supervisor

HOST = "127.0.0.1"


class Command(BaseCommand):
    help = "Start web, workers and scheduler, with demo accounts and a simulated study."

    def handle(self, *args: Any, **options: Any) -> None:
        port = int(os.environ.get("DEMO_PORT", "8000"))
        address = f"http://{HOST}:{port}"
        os.environ.setdefault("SITE_URL", address)
        _refuse_taken_port(port)
        call_command("migrate", verbosity=0, interactive=False)
        demo = ensure_demo()
        connections.close_all()
        self._introduce(demo, address)
        supervisor = Supervisor(programs(f"{HOST}:{port}"), settings.LOCAL_DIR / "logs", self._say)
        show = partial(self._show, demo, address, supervisor)
        threading.Thread(target=show, daemon=True).start()
        status = supervisor.run()
        self._say("Stopped. The data stays in .local; `make demo` goes on with it.")
        sys.exit(status)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _introduce(self, demo: Demo, address: str) -> None:
        self._say(f"\nLobule: {address}    (Ctrl-C stops everything)\n")
        for person in demo.people:
            self._say(f"  {person.role:<10}{person.email:<26}{person.password}")
        self._say("\nResearch software without regulatory clearance; the study is simulated.\n")

    def _show(self, demo: Demo, address: str, supervisor: Supervisor) -> None:
        try:
            wait_until_up(address)
            run_id = demo.run_id
            if not run_id:
                folder = simulate(settings.LOCAL_DIR / "demo_study", self._say)
                run_id = send_study(demo, address, folder, self._say)
            follow(demo, address, run_id, self._say)
        except (Refused, subprocess.CalledProcessError, OSError) as error:
            if not supervisor.is_stopping:
                self._say(f"The simulated study could not be shown: {error}")


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} is taken; choose another: DEMO_PORT={port + 10} make demo"
            ) from error
