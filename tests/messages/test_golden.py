"""The same facts give the same bytes: one file of each message type, kept beside this test to look at.

`python tests/messages/test_golden.py` writes them anew; the diff is then what changed for every bank.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from message_facts import EXAMPLES, SCHEME, header

from tasviya.messages.builders import envelope
from tasviya.messages.model import ParsedMessage
from tasviya.messages.registry import parse_file

GOLDEN = Path(__file__).parent / "golden"
OWN_ID = {"pacs.008.001.08": "MSG-1", "pacs.009.001.08": "FIM-1", "fxtr.014.001.05": "TRADE-1"}


def written(message_type: str) -> bytes:
    """An example in its envelope."""
    own_id = OWN_ID.get(message_type, "OUT-1")
    return envelope([(header(own_id, message_type), EXAMPLES[message_type][0]())])


@pytest.mark.parametrize("message_type", EXAMPLES)
def test_bytes_are_those_of_the_golden_file(message_type: str) -> None:
    assert written(message_type) == (GOLDEN / f"{message_type}.xml").read_bytes()


@pytest.mark.parametrize("message_type", EXAMPLES)
def test_golden_file_breaks_no_rule(message_type: str) -> None:
    (message,) = parse_file((GOLDEN / f"{message_type}.xml").read_bytes(), SCHEME)
    assert isinstance(message, ParsedMessage)
    assert message.refusals == [] and not any(each.refusals for each in message.transactions)


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each in EXAMPLES:
        (GOLDEN / f"{each}.xml").write_bytes(written(each))
