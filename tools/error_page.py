"""Write docs/errors.md from the gallery in tests/errors; `--check` only says whether it is up to date.

Run it with the tests' dependencies: .venv/bin/python tools/error_page.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "errors.md"
sys.path[:0] = [str(ROOT / "tests" / "errors"), str(ROOT / "tests" / "support")]

from gallery import Case, cases, outcome  # noqa: E402

HEAD = """# Errors

Whatever is refused says what was found, where, and how to cure it. This page lists every code with its
smallest case; `tests/errors/` provokes each of them, and `tools/error_page.py` writes the page from there.

A participant is told by message: an unreadable file by `admi.002`, a refused message or payment by
`pacs.002`, a request by `camt.025` or `camt.029`. An operator is told on the command line, with an exit
status.
"""

ROOMS = {
    "file": """## Files that cannot be read

Answered by `admi.002`, under the message's id as far as that could be read. The next file is not harmed.
""",
    "message": """## Messages and payments that break a rule by themselves

Answered by `pacs.002`. A rule on the whole message refuses all of it; a rule on one payment refuses that one,
and its neighbours go on.
""",
    "payment": """## Payments and requests refused for what the union knows

Answered by `pacs.002`, or by `camt.025` for a liquidity transfer. Codes marked * may succeed when the same is
sent again later.
""",
    "trade": """## Trades refused, waiting or given up

Answered by `fxtr.017`, with the code in `SubStsCd`.
""",
    "union": """## Mistakes in a `union.toml`

Exit status 2; `where` is the key's path in the file.
""",
    "customs": """## Customs

A duty rate that cannot be read; `where` is the place in its text, in characters from 1. What else is wrong
with tariffs, laws and questions stops a command, and is listed with those.
""",
    "declaration": """## Declarations

`where` is the field of the declaration, the element of its XML, or the segment of its EDIFACT: UNH is
segment 1. A file of XML may also be refused as one [that cannot be read](#files-that-cannot-be-read), with
its line.
""",
    "lodging": """## Customs at work

What stops a command on declarations, claims and tariffs that a union keeps. A payment that quotes a claim
which it does not fit is told so by `pacs.002`, with AM09 or RR07.
""",
    "transit": """## Transit

`where` is the fact of the guarantee, the movement or the event, or the element of a message of NCTS. Such a
message may also be refused as one [that cannot be read](#files-that-cannot-be-read), with its line. Codes
marked * may succeed later.
""",
    "taric": """## Tariffs in TARIC3

A file may also be refused as one [that cannot be read](#files-that-cannot-be-read), with its line. TX01 to
TX03 refuse a file; TX04 to TX12 leave one measure out, and its number stands beside them; TX13 is found when
a tariff is checked.
""",
    "adjustment": """## Corrections and drawback

`where` is the argument, the tax or the import line.
""",
    "operator": """## What stops a command

Exit status 1, or 3 if the store cannot serve. Nothing was changed.
""",
}
TABLE = "| Code | Rule | Smallest case | Found | Where | Cure |\n|---|---|---|---|---|---|\n"


def page() -> str:
    """The whole page."""
    rooms: dict[str, list[str]] = {room: [] for room in ROOMS}
    for case in cases():
        rooms[case.room].append(row(case))
    parts = [HEAD]
    for room, words in ROOMS.items():
        parts.append(f"\n{words}\n{TABLE}" + "\n".join(rooms[room]) + "\n")
    return "".join(parts)


FOREIGN = frozenset(
    {
        "CUT-OFF",
        "TOO-DEEP",
        "NOT-XML",
        "DJ01",
        "CF01",
        "file_unreadable",
        "file_unwritable",
        "STORE_UNREADABLE",
    }
    | {"store_damaged", "STORE_FAILED", "store_failed"}
)
"""Codes whose finding ends in the words of a parser, of SQLite or of the machine: these differ by version."""


def row(case: Case) -> str:
    """One line of a table, with what the case really leads to."""
    refusal = outcome(case)
    found = refusal.what
    if refusal.reason in FOREIGN:
        found = found.partition(":")[0] + ": …"
    code = f"`{refusal.reason}`" + (" *" if refusal.transient else "")
    where = f"`{refusal.where}`" if refusal.where else ""
    cells = [code, case.text, case.how + ".", found, where, refusal.cure]
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def main() -> int:
    """0 if the page is, or has been brought, up to date."""
    text = page()
    if sys.argv[1:] != ["--check"]:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write("docs/errors.md is out of date.\n  cure: .venv/bin/python tools/error_page.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
