"""The text of rules of origin: what it reads as, what is refused, and that it comes back the same."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from origin_made_up import rule, rules

from tasviya.core.errors import Refusal
from tasviya.customs.origin import CHANGES, Change, Codes, Either, Every, RegionalValue, Rule, text_of_rule
from tasviya.customs.origin_rule import LENGTH_MAX, read_rule


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("cth OR rvc 40 %", "CTH or RVC 40"),
        ("CC except from heading 0901", "CC except 0901"),
        ("CC except from chapters 01, 02", "CC except 01, 02"),
        ("ctsh except 09.01-0903,1701.12 tolerance 7.5%", "CTSH except 0901-0903, 170112 tolerance 7.5"),
        ("MaxNOM 50 and CTSH", "MaxNOM 50 and CTSH"),
        ("((WO))", "WO"),
        ("WO of 04 and MaxNOM 20 of 1701, 1702", "WO of 04 and MaxNOM 20 of 1701, 1702"),
        ("CTH and (RVC 40 or WO)", "CTH and (RVC 40 or WO)"),
        ("WO or CTH and RVC 40", "WO or (CTH and RVC 40)"),
        ("RVC 33.3333", "RVC 33.3333"),
        ("AH", "AH"),
    ],
)
def test_rule_is_read(written: str, read: str) -> None:
    assert text_of_rule(rule(written)) == read


def test_and_binds_tighter_than_or() -> None:
    change = Change(4)
    value = RegionalValue(Fraction(40))
    assert rule("CTH or RVC 40 and CTH") == Either((change, Every((value, change))))


def test_tolerance_of_the_agreement_is_taken_where_the_rule_has_none() -> None:
    assert rule("CC or CTH tolerance 15", tolerance=10) == Either(
        (Change(2, (), Fraction(10)), Change(4, (), Fraction(15)))
    )
    assert rule("CTH tolerance 0", tolerance=10) == Change(4)
    assert rule("CC except 0901") == Change(2, (Codes("0901", "0901"),))


# what is written                       code   place
REFUSED = """
  |                                   | RO01 |
  |RVC                                | RO03 | character 4
  |RVC forty                          | RO03 | character 5
  |RVC 101                            | RO03 | character 5
  |RVC 40.12345                       | RO03 | character 5
  |RVC -1                             | RO03 | character 5
  |MaxNOM and CTH                     | RO03 | character 8
  |CTH tolerance                      | RO03 | character 14
  |CHT                                | RO02 | character 1
  |CTH or foo                         | RO02 | character 8
  |CTH or                             | RO05 | character 7
  |(CTH or WO                         | RO05 | character 11
  |CTH)                               | RO05 | character 4
  |CTH RVC 40                         | RO05 | character 5
  |CC except                          | RO04 | character 10
  |CC except 090                      | RO04 | character 11
  |CC except 7701                     | RO04 | character 11
  |CC except 0902-0901                | RO04 | character 11
  |CC except 09-0901                  | RO04 | character 11
  |CC except 0901,                    | RO04 | character 16
  |CTH é                              | RO05 | character 5
  |((((((((((WO))))))))))             | RO06 | character 10
"""


@pytest.mark.parametrize("row", REFUSED.strip("\n").splitlines())
def test_rule_is_refused(row: str) -> None:
    _, text, reason, where = row.split("|")
    found = read_rule(text.rstrip())
    assert isinstance(found, Refusal)
    assert (found.reason, found.where) == (reason.strip(), f"rule, {where.strip()}".removesuffix(", ")), found
    assert found.cure.endswith(".")


def test_rule_without_end_is_refused() -> None:
    found = read_rule("WO or " * LENGTH_MAX)
    assert isinstance(found, Refusal) and found.reason == "RO01"


@given(rules)
def test_text_reads_as_the_rule_again(by: Rule) -> None:
    text = text_of_rule(by)
    if len(text) <= LENGTH_MAX:
        assert read_rule(text) == by


WORDS = [*"(),-%.٤", "\x00", *CHANGES, "WO", "RVC", "MaxNOM"]
WORDS += ["and", "or", "of", "except", "tolerance", "from", "40", "0901", "09", "101"]


@given(st.text() | st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_junk_never_raises(text: str) -> None:
    found = read_rule(text)
    if isinstance(found, Refusal):
        assert found.reason.startswith("RO")
    else:
        assert read_rule(text_of_rule(found)) == found
