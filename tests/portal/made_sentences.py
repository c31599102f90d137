"""Every template that the code makes sentences of, read from the source: ``words("…")``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import REPOSITORY

MAKERS = ("analysis", "inference", "portal")
MODULE_OF_WORDS = Path("analysis/wording.py")
IMPORTED = re.compile(r"^from analysis\.wording import .*\bwords\b", re.MULTILINE)


def modules(*, all_of_them: bool = False) -> Iterator[tuple[Path, ast.Module]]:
    """Yield the modules that make sentences of words, or all."""
    for maker in MAKERS:
        for file in sorted((REPOSITORY / maker).rglob("*.py")):
            name, text = file.relative_to(REPOSITORY), file.read_text(encoding="utf-8")
            if name != MODULE_OF_WORDS and (all_of_them or IMPORTED.search(text)):
                yield name, ast.parse(text)


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """Yield the calls of a function or method, such as ``words`` or ``Finding.of``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
            yield node


def template_of(call: ast.Call) -> str | None:
    """Return the literal template of a call of ``words``; None where it is no literal."""
    first = call.args[0] if call.args else None
    is_text = isinstance(first, ast.Constant) and isinstance(first.value, str)
    return first.value if is_text else None  # type: ignore[union-attr,return-value]  # just asked


def templates() -> set[str]:
    found = (template_of(call) for _, tree in modules() for call in calls(tree, "words"))
    return {template for template in found if template is not None}
