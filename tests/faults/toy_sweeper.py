"""The sweeper of the toy portal: ``python -m tests.faults.toy_sweeper``."""

from __future__ import annotations

from django.core.management import call_command

from tests.faults import toy_portal

if __name__ == "__main__":
    assert toy_portal.STAGES
    call_command("sweep", every=0.3)
