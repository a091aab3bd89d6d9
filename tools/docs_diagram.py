"""Draws a payment's life cycle into docs/architecture.md, from settlement.payment.TRANSITIONS.

    python tools/docs_diagram.py

The diagram is Mermaid's, between two markers; tests/test_docs.py fails when it is not the table's.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tasviya.settlement.payment import FINAL, ISO_STATUS, TRANSITIONS, Event, Status

PAGE = Path(__file__).parents[1] / "docs" / "architecture.md"
BEGIN = "<!-- life cycle: from settlement.payment.TRANSITIONS; tools/docs_diagram.py draws it -->\n"
END = "<!-- end -->"


def diagram() -> str:
    """The life cycle as a Mermaid state diagram; ways between the same two statuses share a line."""
    lines = ["```mermaid", "stateDiagram-v2", "    direction LR", f"    [*] --> {Status.RECEIVED}"]
    for status, ways_out in TRANSITIONS.items():
        by_target: dict[Status, list[Event]] = {}
        for event, target in ways_out.items():
            by_target.setdefault(target, []).append(event)
        lines += [f"    {status} --> {target}: {', '.join(events)}" for target, events in by_target.items()]
    lines += [f"    {status} --> [*]" for status in TRANSITIONS if status in FINAL]
    return "\n".join([*lines, "```", "", *table()])


def table() -> list[str]:
    """The same as a table, with what pacs.002 says of each status."""
    rows = ["| Status | In pacs.002 | What can happen to it |", "|---|---|---|"]
    for status, ways_out in TRANSITIONS.items():
        ways = ", ".join(f"{event} → {target}" for event, target in ways_out.items())
        rows.append(f"| `{status}` | `{ISO_STATUS[status]}` | {ways or 'nothing: it is final'} |")
    return rows


def with_diagram(page: str) -> str:
    """The page with the diagram as the table has it.

    Raises: ValueError if the page has no markers.
    """
    before, found, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not found or not end:
        raise ValueError(f"the page lacks {BEGIN.strip()} … {END}")
    return f"{before}{found}{diagram()}\n{end}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_diagram(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.exit(0)
