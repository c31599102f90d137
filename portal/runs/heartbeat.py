"""Keeping a lease alive from a second thread while the stage computes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection

from portal.runs.claims import Claim, ClaimLost, lease_end, update_claimed

BEAT_S = 2.0


class Heartbeat:
    """Carries the progress of a stage to its row, and the loss of the claim to the stage."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._progress = (0.0, "")
        self._is_lost = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def tell(self, fraction: float, text: str) -> None:
        """Note how far the stage is; raise ``ClaimLost`` when nobody waits for it any more."""
        self._progress = (min(max(fraction, 0.0), 1.0), text[:200])
        if self._is_lost:
            raise ClaimLost

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._stop.wait(BEAT_S):
                self._renew()
        finally:
            connection.close()

    def _renew(self) -> None:
        fraction, text = self._progress
        try:
            update_claimed(
                self._claim, lease_until=lease_end(), progress=fraction, progress_text=text
            )
        except ClaimLost:
            self._is_lost = True
            self._stop.set()
        except Error:
            # The database is away: the lease runs on, and the next beat tries again.
            connection.close()


@contextmanager
def heartbeat(claim: Claim) -> Iterator[Heartbeat]:
    beat = Heartbeat(claim)
    beat.start()
    try:
        yield beat
    finally:
        beat.stop()
