"""docs/messages.md says what the code says. `python tests/messages/test_docs.py` writes its tables anew."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from lxml import etree

from tasviya.messages.cycle_supplement import SCHEMA_FILE
from tasviya.messages.registry import MESSAGE_TYPES
from tasviya.messages.rules import RULES
from tasviya.messages.rules.base import MessageRule
from tasviya.messages.xml import FAILURES, HEADER, SCHEMA_FILES

PAGE = Path(__file__).parents[2] / "docs" / "messages.md"


def tables() -> dict[str, str]:
    """Each table of the page, by the first words of the comment above it."""
    types = [
        f"| `{name}` | `{kind.root}` | {kind.direction} | {kind.purpose} |"
        for name, kind in MESSAGE_TYPES.items()
    ]
    rules = [
        f"| {rule.reason} | {'message' if isinstance(rule, MessageRule) else 'payment'} "
        f"| {rule.text} | {rule.cure} | {', '.join(name[:8] for name in rule.messages) or 'all'} |"
        for rule in RULES
    ]
    failures = [f"| `{code}` | {text} |" for code, text in FAILURES.items()]
    return {
        "message types": "\n".join(["| Type | Element | Way | For |", "|---|---|---|---|", *types]),
        "rules": "\n".join(["| Code | Concerns | Rule | Cure | Messages |", "|---|---|---|---|---|", *rules]),
        "failures": "\n".join(["| Code | Finding |", "|---|---|", *failures]),
    }


def with_tables(page: str) -> str:
    """The page with every table as the code has it."""
    for name, table in tables().items():
        before, found, rest = page.partition(f"<!-- {name}: ")
        assert found, name
        comment, _, rest = rest.partition("-->\n")
        _, end, rest = rest.partition("<!-- end -->")
        page = f"{before}{found}{comment}-->\n{table}\n{end}{rest}"
    return page


def test_tables_of_the_page_are_those_of_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_tables(page), "run python tests/messages/test_docs.py"


def test_every_element_the_page_names_exists_in_a_schema() -> None:
    elements = {
        element.get("name")
        for file in [
            *(SCHEMA_FILES.joinpath(f"{name}.xsd") for name in [HEADER, *MESSAGE_TYPES]),
            SCHEMA_FILE,
        ]
        for element in etree.fromstring(file.read_bytes()).iter("{*}element")
    }
    fields = PAGE.read_text(encoding="utf-8").partition("## Fields")[2].partition("## Schemas")[0]
    named = [path for path in re.findall(r"`([^`]+)`", fields) if re.fullmatch(r"[A-Z][A-Za-z0-9/]*", path)]
    codes = {
        "URGT",
        "HIGH",
        "NORM",
        "NOTPROVIDED",
        "PDNG",
        "ACSP",
        "ACSC",
        "RJCT",
        "CNCL",
        "RSCD",
        "RJCR",
        "PDCR",
        "ACCR",
    }
    codes |= {
        "CLRG",
        "OPBD",
        "CLBD",
        "CLAV",
        "ITBD",
        "ITAV",
        "AM03",
        "FORX",
        "SPOT",
        "OTHR",
        "NEWT",
        "UMTC",
        "FMTC",
        "SMAP",
        "STLD",
    }
    unknown = [step for path in named for step in path.split("/") if step not in elements | codes]
    assert unknown == []
    assert len(named) > 80


def test_every_message_type_has_its_fields_described() -> None:
    fields = PAGE.read_text(encoding="utf-8").partition("## Fields")[2]
    headings = " ".join(re.findall(r"^### (.*)$", fields, flags=re.M))
    assert all(name in headings for name in MESSAGE_TYPES)


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.exit(0)
