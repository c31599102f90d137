"""The built front end: which files a page module needs, from Vite's manifest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

DIST = Path(settings.BASE_DIR) / "frontend" / "dist"
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class EntryFiles:
    """What the page links: scripts that it imports at once are preloaded, others are not."""

    script: str
    styles: tuple[str, ...]
    preloads: tuple[str, ...]


@lru_cache(maxsize=4)
def _read(path: Path, _changed_ns: int) -> dict[str, dict[str, object]]:
    manifest: dict[str, dict[str, object]] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def _manifest(folder: Path) -> dict[str, dict[str, object]]:
    path = folder / MANIFEST
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else {}


def is_built(folder: Path = DIST) -> bool:
    return bool(_manifest(folder))


def _names(chunk: dict[str, object], key: str) -> list[str]:
    listed = chunk.get(key, [])
    return [str(name) for name in listed] if isinstance(listed, list) else []


def entry_files(entry: str, folder: Path = DIST) -> EntryFiles | None:
    """Return the files of ``src/<entry>.ts``, or None when the front end is not built."""
    manifest = _manifest(folder)
    if not manifest:
        return None
    wanted = [f"src/{entry}.ts"]
    for key in wanted:  # grows while it is walked: the whole static import graph
        wanted += [name for name in _names(manifest[key], "imports") if name not in wanted]
    chunks = [manifest[key] for key in wanted]
    styles = [style for chunk in reversed(chunks) for style in _names(chunk, "css")]
    return EntryFiles(
        script=str(chunks[0]["file"]),
        styles=tuple(dict.fromkeys(styles)),
        preloads=tuple(str(chunk["file"]) for chunk in chunks[1:]),
    )
