"""What was handed to the broker, which in these tests is a list."""

from __future__ import annotations

from typing import Any

from portal.runs.outbox import TASK


class Calls:
    """Stages that were handed to the broker; ``error`` stands for a broker that is away."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.error: Exception | None = None

    def send_task(
        self, name: str, *, kwargs: dict[str, str], queue: str = "", **options: Any
    ) -> None:
        if self.error is not None:
            raise self.error
        if name == TASK:  # not the wake-up calls for messages to people
            self.sent.append((kwargs["stage"], queue))
