"""What holds for the whole code base, checked by reading it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

SOURCES = ("analysis", "inference", "portal")
LONGEST_MODULE = 400
MEDIAN_MODULE = 120
BARE_EXCUSE = re.compile(r"#\s*(noqa(?!:)|type:\s*ignore(?!\[))")


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders or SOURCES:
        for path in sorted((REPOSITORY / folder).rglob("*.py")):
            if "migrations" not in path.parts and "node_modules" not in path.parts:
                yield path


def relative(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def test_imports_go_one_way() -> None:
    command = (str(Path(sys.executable).with_name("lint-imports")), "--no-cache")
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-3000:]


def test_no_contract_has_an_exception() -> None:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    assert len(contracts) >= 9
    assert not [each["name"] for each in contracts if "ignore_imports" in each]


def test_no_module_is_longer_than_anyone_reads() -> None:
    lengths = {relative(path): len(path.read_text().splitlines()) for path in modules()}
    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE} == {}
    with_content = sorted(n for n in lengths.values() if n)
    assert with_content[len(with_content) // 2] <= MEDIAN_MODULE


def test_no_check_is_silenced_without_saying_which() -> None:
    silenced = [
        f"{relative(path)}:{number}"
        for path in modules(*SOURCES, "tests")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if BARE_EXCUSE.search(line) and path != Path(__file__)
    ]
    assert silenced == []


def test_only_the_stage_runner_catches_everything() -> None:
    broad = [
        relative(path)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node)
    ]
    assert broad == ["portal/runs/execution.py"]


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    names = {"Exception", "BaseException"}
    return handler.type is None or (isinstance(handler.type, ast.Name) and handler.type.id in names)


def test_no_import_hides_inside_a_function() -> None:
    """Except where Django asks for it: an app's signals are connected once all apps are there."""
    hidden = [
        f"{relative(path)}:{inner.lineno}"
        for path in modules()
        if path.name != "apps.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


@pytest.mark.parametrize("word", ["utils", "helpers", "common", "misc"])
def test_no_module_is_a_drawer(word: str) -> None:
    assert [relative(path) for path in modules() if path.stem == word] == []


def test_every_package_has_a_readme() -> None:
    packages = ("analysis", "inference", "portal", "portal/runs", "docker", "frontend")
    assert [name for name in packages if not (REPOSITORY / name / "README.md").is_file()] == []
