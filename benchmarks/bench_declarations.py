"""How many declarations are read in a second: XML of the WCO Data Model, and JSON.

    python benchmarks/bench_declarations.py [FILES…]

Parsed and validated as a stranger's file is, and then read into all fields. The floor is lxml parsing the
same bytes. Files are those of the tests, or one's own; the JSON is the same declaration, written here.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lxml import etree

from measure import median_seconds
from tasviya.core.errors import Refusal
from tasviya.customs.formats import declaration_json, wco
from tasviya.messages.xml import findings
from tasviya.messages.xml import read as read_xml

TESTS = Path(__file__).parent.parent / "tests" / "customs" / "data"
ROUNDS = 7
READINGS = 300


def checked(raw: bytes) -> list[Refusal]:
    root = read_xml(raw, wco.LIMITS)
    return [root] if isinstance(root, Refusal) else findings(root, wco.schema())


def seconds(work: Callable[[bytes], object], raw: bytes) -> float:
    def often() -> None:
        for _ in range(READINGS):
            work(raw)

    return median_seconds(often, ROUNDS) / READINGS


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("files", type=Path, nargs="*", help="XML declarations")
    bare = partial(etree.fromstring, parser=etree.XMLParser(resolve_entities=False, no_network=True))
    for file in options.parse_args().files or sorted(TESTS.glob("TT_*.xml")):
        raw = file.read_bytes()
        reading = wco.read(raw)
        if isinstance(reading, list):
            print(f"{file.name}: {reading[0]}")
            continue
        written = declaration_json.write(reading.declaration)
        floor, valid, whole = (seconds(work, raw) for work in (bare, checked, wco.read))
        json = seconds(declaration_json.read, written)
        print(
            f"{file.name}, {len(raw):,} bytes\n"
            f"    parsed and validated {1 / valid:,.0f}/s, {valid / floor:.1f} times parsing alone\n"
            f"    and read into all fields {1 / whole:,.0f}/s, {whole / floor:.1f} times\n"
            f"    as JSON of {len(written):,} bytes {1 / json:,.0f}/s"
        )


if __name__ == "__main__":
    main()
