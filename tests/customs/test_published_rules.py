"""Rules of six agreements as published: classes are ours or named as not, plain sentences are read."""

# ruff: noqa: E501 - the sentences are wider than text
from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from published_rules import CLASSES, UNSUPPORTED, in_our_words, published

from tasviya.core.errors import Refusal
from tasviya.customs.origin_rule import read_rule

FOLDER = os.environ.get("TASVIYA_ORIGIN_RULES", "")
needs_files = pytest.mark.skipif(
    not FOLDER, reason="TASVIYA_ORIGIN_RULES names no folder with roo_*.json.gz of trade-tariff-backend"
)


@pytest.mark.parametrize("text", CLASSES.values())
def test_every_class_we_support_is_a_rule(text: str) -> None:
    assert not isinstance(read_rule(text), Refusal)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            (
                "<abbr title='Change of tariff chapter'>CC</abbr>: All non-originating materials used in the "
                "production of the good have undergone a change in tariff classification at the 2-digit level "
                "(chapter) except from [heading&nbsp;0401](/headings/0401) to "
                "[heading&nbsp;0406](/headings/0406)."
            ),
            "CC except 0401-0406",
        ),
        (
            (
                "Manufacture from materials of any heading, except that of the product. However, materials of "
                "the same heading as the product may be used, provided that their total value does not exceed "
                "**20%** of the ex-works price of the product."
            ),
            "CTH tolerance 20",
        ),
        (
            (
                "Manufacture in which the value of any materials of [chapter&nbsp;3](/chapters/03) used does not "
                "exceed **15%** of the ex-works price of the product."
            ),
            "MaxNOM 15 of 03",
        ),
        ("Weaving, combined with making-up, including cutting of fabric.", None),
    ],
)
def test_sentence_in_our_words(text: str, told: str | None) -> None:
    assert in_our_words(text) == told


@needs_files
def test_every_published_class_is_supported_or_named_as_not() -> None:
    seen = Counter(name for _, classes, _ in published(Path(FOLDER)) for name in classes)
    assert set(seen) <= set(CLASSES) | set(UNSUPPORTED)
    supported = sum(count for name, count in seen.items() if name in CLASSES)
    print({name: count for name, count in seen.items() if name in UNSUPPORTED})
    assert (supported, seen.total()) == (2518, 3083)


@needs_files
def test_plain_sentences_are_read() -> None:
    rules = list(published(Path(FOLDER)))
    told = [(classes, in_our_words(text)) for _, classes, text in rules]
    read = [(classes, text, read_rule(text)) for classes, text in told if text]
    assert [(text, found) for _, text, found in read if isinstance(found, Refusal)] == []
    assert (len(read), len(rules)) == (2008, 3822)
