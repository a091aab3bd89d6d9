"""Public samples from other systems: the valid ones pass our schemas, the others do not."""

from __future__ import annotations

import csv
from pathlib import Path

from lxml import etree
from message_facts import EXAMPLES, SCHEME
from official_files import ISO20022, needs_official_files

from tasviya.messages.envelope import pairs
from tasviya.messages.model import ParsedMessage, UnreadableMessage
from tasviya.messages.registry import MESSAGE_TYPES, parse_file
from tasviya.messages.scheme import Scheme
from tasviya.messages.slices import rewritten
from tasviya.messages.xml import read, validate

SAMPLES = ISO20022 / "samples"


def samples() -> list[tuple[Path, str, str]]:
    """File, message type and verdict of every sample of a type that is read here."""
    index = SAMPLES / "INDEX.tsv"
    if not index.is_file():
        return []
    with index.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return [
        (SAMPLES / row["file"], row["msgdef"], row["xsd"]) for row in rows if row["msgdef"] in MESSAGE_TYPES
    ]


def as_utf8(path: Path) -> bytes:
    """A sample's bytes; the few that declare another encoding are read by their declaration."""
    return etree.tostring(etree.parse(path).getroot(), encoding="utf-8")


@needs_official_files
def test_valid_samples_pass_our_schemas_and_invalid_ones_do_not() -> None:
    verdicts = {"valid": 0, "INVALID": 0}
    for path, message_type, verdict in samples():
        root = read(as_utf8(path), SCHEME)
        assert isinstance(root, etree._Element), (path, root)
        found = [document for _, document in pairs(root) if document is not None]
        broken = [each for document in found for each in validate(document, message_type)]
        if verdict == "valid":
            assert found and not broken, (path, broken)
        else:
            assert broken or not found or "header" in verdict, path
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
    assert verdicts["valid"] > 20


@needs_official_files
def test_every_sample_is_read_as_a_value_and_no_text_of_a_payment_is_lost_when_rewritten() -> None:
    scheme = Scheme(operator_bic="TSVABYM1XXX", currencies={})
    for path, message_type, _ in samples():
        for message in parse_file(as_utf8(path), scheme):
            assert isinstance(message, ParsedMessage | UnreadableMessage)
        root = read(as_utf8(path), SCHEME)
        assert isinstance(root, etree._Element)
        for _, document in pairs(root):
            if document is not None and len(document) and not validate(document, message_type):
                body, _ = rewritten(document)
                assert validate(etree.fromstring(body), message_type) == []
                assert texts(etree.fromstring(body)) == texts(document)


@needs_official_files
def test_what_we_write_passes_the_official_schemas() -> None:
    for message_type, (build, _) in EXAMPLES.items():
        official = etree.XMLSchema(etree.parse(ISO20022 / "xsd" / f"{message_type}.xsd"))
        assert official.validate(etree.fromstring(build())), (message_type, official.error_log)


def texts(element: etree._Element) -> list[str]:
    return [str(text).strip() for text in element.itertext() if str(text).strip()]
