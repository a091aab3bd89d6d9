"""How many declarations are read in a second: XML of the WCO Data Model and of ASYCUDA, JSON, and CUSDEC.

    python benchmarks/bench_declarations.py [FILES…]

Parsed and validated as a stranger's file is, and then read into all fields. The floor is lxml parsing the
same bytes; of CUSDEC, pydifact parting them into segments. Files are those of the tests and examples, or
one's own of the WCO Data Model; the JSON is the same declaration, written here.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lxml import etree
from pydifact.control.characters import Characters
from pydifact.parser import Parser
from pydifact.tokenizer import Tokenizer

from measure import median_seconds
from tasviya.core.errors import Refusal
from tasviya.customs.formats import asycuda, cusdec, declaration_json, wco
from tasviya.messages.xml import findings
from tasviya.messages.xml import read as read_xml

TESTS = Path(__file__).parent.parent / "tests" / "customs" / "data"
EXAMPLES = Path(__file__).parent.parent / "examples" / "customs"
ROUNDS = 7
READINGS = 300


def checked(raw: bytes) -> list[Refusal]:
    root = read_xml(raw, wco.LIMITS)
    return [root] if isinstance(root, Refusal) else findings(root, wco.schema())


def segments(raw: bytes) -> list[object]:
    tokens = Tokenizer().get_tokens(raw.decode("ascii"), Characters.from_str(":+.? '"))
    return list(Parser().convert_tokens_to_raw_segments(tokens))


def seconds(work: Callable[[bytes], object], raw: bytes) -> float:
    def often() -> None:
        for _ in range(READINGS):
            work(raw)

    return median_seconds(often, ROUNDS) / READINGS


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("files", type=Path, nargs="*", help="XML declarations")
    bare = partial(etree.fromstring, parser=etree.XMLParser(resolve_entities=False, no_network=True))
    for file in options.parse_args().files or sorted(TESTS.glob("TT_*_decl.xml")):
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
    for path, read, floor_of in (
        (EXAMPLES / "import-sad.xml", asycuda.read, bare),
        (TESTS / "cusdec_export.edi", cusdec.read, segments),
    ):
        raw = path.read_bytes()
        floor, whole = seconds(floor_of, raw), seconds(read, raw)
        print(
            f"{path.name}, {len(raw):,} bytes\n"
            f"    read into all fields {1 / whole:,.0f}/s, {whole / floor:.1f} times parsing alone"
        )


if __name__ == "__main__":
    main()
