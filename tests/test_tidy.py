"""The code keeps the house's rules: imports point left, pure rooms stay pure, one idea a file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parent.parent / "src" / "tasviya"
LEVEL = {
    "core": 0,
    "ledger": 1,
    "messages": 1,
    "membership": 1,
    "journal": 1,
    "customs": 2,
    "settlement": 2,
    "exchange": 2,
    "services": 3,
    "adapters": 4,
    "home": 4,
    "app": 5,
    "lab": 5,
    "cli": 6,
}
"""How far right a room stands. A room imports rooms further left only, and itself."""
PURE = {room for room, level in LEVEL.items() if level <= 2}
IMPURE_MODULES = {
    "time",
    "random",
    "secrets",
    "socket",
    "logging",
    "sqlite3",
    "subprocess",
    "threading",
    "os",
}
IMPURE_CALLS = {"now", "utcnow", "today", "uuid4", "uuid1", "time_ns", "perf_counter"}
LONGEST = 450

FILES = sorted(SRC.rglob("*.py"))


def room_of(path: Path) -> str:
    first = path.relative_to(SRC).parts[0]
    return first.removesuffix(".py")


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in line {node.lineno}"
            yield node.lineno, node.module or ""


def test_every_room_has_a_place() -> None:
    rooms = {room_of(path) for path in FILES} - {"__init__"}
    assert rooms <= set(LEVEL)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SRC)))
def test_imports_point_left(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    for line, module in imported(ast.parse(path.read_text(encoding="utf-8"))):
        parts = module.split(".")
        if parts[0] != "tasviya" or len(parts) == 1 or parts[1] == room:
            continue
        other = parts[1]
        if room == "cli" and other in ("lab", "app"):
            continue
        assert LEVEL[other] < LEVEL[room], f"line {line}: {room} imports {module}"
        if other == "adapters":
            assert room == "app", f"line {line}: only app names an adapter, not {room}"


@pytest.mark.parametrize(
    "path", [path for path in FILES if room_of(path) in PURE], ids=lambda path: str(path.relative_to(SRC))
)
def test_pure_rooms_ask_nobody_for_time_chance_or_the_world(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for line, module in imported(tree):
        assert module.split(".")[0] not in IMPURE_MODULES, f"line {line} imports {module}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in IMPURE_CALLS, f"line {node.lineno} calls {node.func.attr}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SRC)))
def test_one_idea_a_file(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST, f"{len(lines)} lines: look for the second idea"
    assert not lines or lines[0].startswith(('"""', "from __future__")), "a module opens with its docstring"


def test_the_test_can_fail() -> None:
    outward = ast.parse(
        "from tasviya.services.work import Work\nimport random\nfrom datetime import date\ndate.today()"
    )
    modules = [module for _, module in imported(outward)]
    assert LEVEL[modules[0].split(".")[1]] > LEVEL["core"]
    assert modules[1] in IMPURE_MODULES
