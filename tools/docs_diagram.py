"""Draws life cycles into the docs, from their tables.

A payment's and a clearing cycle's go into docs/architecture.md, a movement's into docs/transit.md, a
declaration's into docs/customs.md, which has the table of roles, too.

    python tools/docs_diagram.py

The diagrams are Mermaid's, each between two markers; tests/test_docs.py fails when one is not its table's.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from tasviya.customs import lodgement, transit
from tasviya.membership.roles import MAY
from tasviya.settlement import clearing_cycle
from tasviya.settlement.payment import ISO_STATUS, TRANSITIONS, Status

PAGE = Path(__file__).parents[1] / "docs" / "architecture.md"
BEGIN = "<!-- life cycle: from settlement.payment.TRANSITIONS; tools/docs_diagram.py draws it -->\n"
END = "<!-- end -->"


TRANSIT_PAGE = PAGE.parent / "transit.md"
TRANSIT_BEGIN = "<!-- life cycle: from customs.transit.TRANSITIONS; tools/docs_diagram.py draws it -->\n"
CUSTOMS_PAGE = PAGE.parent / "customs.md"
CUSTOMS_BEGIN = "<!-- life cycle: from customs.lodgement.TRANSITIONS; tools/docs_diagram.py draws it -->\n"
ROLES_BEGIN = "<!-- roles: from membership.roles.MAY; tools/docs_diagram.py writes it -->\n"
CYCLE_BEGIN = (
    "<!-- life cycle: from settlement.clearing_cycle.TRANSITIONS; tools/docs_diagram.py draws it -->\n"
)


def diagram() -> str:
    """A payment's life cycle, and as a table what pacs.002 says of each status."""
    rows = ["| Status | In pacs.002 | What can happen to it |", "|---|---|---|"]
    for status, ways_out in TRANSITIONS.items():
        rows.append(f"| `{status}` | `{ISO_STATUS[status]}` | {ways(ways_out) or 'nothing: it is final'} |")
    return "\n".join([*drawn(TRANSITIONS, Status.RECEIVED), "", *rows])


def cycle_diagram() -> str:
    """A clearing cycle's life cycle, and the same as a table."""
    table = clearing_cycle.TRANSITIONS
    rows = ["| Status | What can happen to it |", "|---|---|"]
    rows += [f"| `{status}` | {ways(out) or 'nothing'} |" for status, out in table.items()]
    return "\n".join([*drawn(table, clearing_cycle.CycleStatus.OPEN), "", *rows])


def transit_diagram() -> str:
    """A movement's life cycle, and as a table what eTIR says of each status."""
    rows = ["| Status | In eTIR | What can happen to it |", "|---|---|---|"]
    for status, out in transit.TRANSITIONS.items():
        word = transit.ETIR.get(status, "—")
        rows.append(f"| `{status}` | {word} | {ways(out) or 'nothing: it is final'} |")
    return "\n".join([*drawn(transit.TRANSITIONS, transit.Status.DECLARED), "", *rows])


def declaration_diagram() -> str:
    """A declaration's life cycle."""
    return "\n".join(drawn(lodgement.TRANSITIONS, lodgement.LodgementStatus.DRAFT))


def roles_table() -> str:
    """What each role may do; nothing else."""
    rows = ["| Role | May |", "|---|---|"]
    for role, acts in MAY.items():
        told = ", ".join(sorted(act.replace("_", " ") for act in acts))
        rows.append(f"| `{role}` | {told} |")
    return "\n".join(rows)


def drawn(table: Mapping[StrEnum, Mapping[StrEnum, StrEnum]], first: StrEnum) -> list[str]:
    """A Mermaid state diagram; ways between the same two statuses share a line."""
    lines = ["```mermaid", "stateDiagram-v2", "    direction LR", f"    [*] --> {first}"]
    for status, ways_out in table.items():
        by_target: dict[StrEnum, list[StrEnum]] = {}
        for event, target in ways_out.items():
            by_target.setdefault(target, []).append(event)
        lines += [f"    {status} --> {target}: {', '.join(events)}" for target, events in by_target.items()]
    lines += [f"    {status} --> [*]" for status, ways_out in table.items() if not ways_out]
    return [*lines, "```"]


def ways(ways_out: Mapping[StrEnum, StrEnum]) -> str:
    return ", ".join(f"{event} → {target}" for event, target in ways_out.items())


def with_diagram(page: str) -> str:
    """The page on architecture with its diagrams as their tables have them.

    Raises: ValueError if the page has no markers.
    """
    return _redrawn(page, (BEGIN, diagram()), (CYCLE_BEGIN, cycle_diagram()))


def with_transit_diagram(page: str) -> str:
    """The page on transit with its diagram as its table has it.

    Raises: ValueError if the page has no markers.
    """
    return _redrawn(page, (TRANSIT_BEGIN, transit_diagram()))


def with_customs_diagram(page: str) -> str:
    """The page on customs with its diagram and its table of roles as the code has them.

    Raises: ValueError if the page has no markers.
    """
    return _redrawn(page, (CUSTOMS_BEGIN, declaration_diagram()), (ROLES_BEGIN, roles_table()))


def _redrawn(page: str, *diagrams: tuple[str, str]) -> str:
    for begin, text in diagrams:
        before, found, rest = page.partition(begin)
        _, end, after = rest.partition(END)
        if not found or not end:
            raise ValueError(f"the page lacks {begin.strip()} … {END}")
        page = f"{before}{begin}{text}\n{end}{after}"
    return page


if __name__ == "__main__":
    PAGE.write_text(with_diagram(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    TRANSIT_PAGE.write_text(with_transit_diagram(TRANSIT_PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    CUSTOMS_PAGE.write_text(with_customs_diagram(CUSTOMS_PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.exit(0)
