"""Laws and tariffs as files: what is read, and the place of what is wrong."""

from __future__ import annotations

import pytest

from tasviya.core.errors import ConfigurationError, OperatorError
from tasviya.customs.tariff import TARIFF_CODES, read_tariff
from tasviya.customs.tax_law import TaxLaw, read_law

TAX = '[[tax]]\ncode = "DUTY"\non = ["value"]\nrounding = "down"\n'
HEAD = 'member = "XX"\ncurrency = "KZT"\ntariff = "XX.csv"\n'
GROUP = '[groups]\nUNION = ["KG"]\n'

WRONG_ROWS = {
    "no rate": ("TF01", "goods,tax\n", "XX.csv:1"),
    "a column of its own": ("TF01", "tax,goods,rate,colour\n", "XX.csv:1"),
    "a field too many": ("TF01", "tax,goods,rate\nDUTY,01,5%,6%\n", "XX.csv:2"),
    "another's tax": ("TF02", "tax,goods,rate\nVAT,01,5%\n", "XX.csv:2 tax"),
    "one digit": ("TF03", "tax,goods,rate\nDUTY,01,5%\nDUTY,1,5%\n", "XX.csv:3 goods"),
    "no country": ("TF04", "tax,goods,rate,origin\nDUTY,01,5%,Mars\n", "XX.csv:2 origin"),
    "no country left out": ("TF04", "tax,goods,rate,excluded\nDUTY,01,5%,KG mars\n", "XX.csv:2 origin"),
    "no date": ("TF05", "tax,goods,rate,valid_from\nDUTY,01,5%,soon\n", "XX.csv:2 valid_from"),
    "dates turned round": (
        "TF05",
        "tax,goods,rate,valid_from,valid_to\nDUTY,01,5%,2026-02-01,2026-01-01\n",
        "XX.csv:2 valid_to",
    ),
    "twice": ("TF06", "tax,goods,rate\nDUTY,01,5%\nDUTY,02,5%\nDUTY,01,6%\n", "XX.csv:4"),
    "overlapping": (
        "TF06",
        "tax,goods,rate,valid_from,valid_to\nDUTY,01,5%,,2026-06-30\nDUTY,01,6%,2026-06-30,\n",
        "XX.csv:3",
    ),
    "a rate that is none": ("DE12", 'tax,goods,rate\nDUTY,01,"5% (31 APR - 1 APR)"\n', "XX.csv:2 rate"),
}


def law(text: str = HEAD + TAX + GROUP) -> TaxLaw:
    return read_law(text, "XX.toml")


@pytest.mark.parametrize("name", WRONG_ROWS)
def test_a_wrong_row_is_named(name: str) -> None:
    code, text, where = WRONG_ROWS[name]
    with pytest.raises(OperatorError) as stopped:
        read_tariff(text, law(), "XX.csv")
    told = stopped.value.refusal
    assert told.reason == code and told.where.startswith(where) and told.cure


def test_every_code_of_tariffs_is_provoked() -> None:
    assert set(TARIFF_CODES) <= {code for code, _, _ in WRONG_ROWS.values()}


def test_columns_may_stand_in_any_order_and_lines_may_end_in_any_way() -> None:
    text = "\ufeffrate,goods,tax,origin\r\n 5% ,01,DUTY, UNION \r\n0%,,DUTY,\r\n"
    made = read_tariff(text, law(), "XX.csv")
    assert [(each.goods, each.origin, each.row) for each in made.measures] == [
        ("01", "UNION", 2),
        ("", "*", 3),
    ]


REFUND = "[[refund]]\nyears = 3\ndemand_years = 3\n"
DRAWBACK = '[[drawback]]\ntax = "DUTY"\npercent = "90"\nyears = 2\n'
TARIC = '[[taric]]\ntypes = ["103"]\ntax = "DUTY"\n'
WRONG_LAWS = {
    "a type that is none": ("CF04", HEAD + TAX + TARIC.replace("103", "1O3"), "types"),
    "types that are no list": ("CF04", HEAD + TAX + TARIC.replace('["103"]', '"103"'), "types"),
    "a type twice": ("CF10", HEAD + TAX + TARIC + TARIC, "types"),
    "a type of another tax": ("CF04", HEAD + TAX + TARIC.replace("DUTY", "VAT"), "tax"),
    "refunds without a limit": ("CF02", HEAD + TAX + REFUND.replace("\nyears = 3", ""), "years"),
    "refunds within no time": ("CF04", HEAD + TAX + REFUND.replace("3", "-1"), "years"),
    "refunds of too little": ("CF25", HEAD + TAX + REFUND + 'minimum = "-1"\n', "minimum"),
    "refunds twice": ("CF10", HEAD + TAX + REFUND + REFUND, "valid_from"),
    "drawback of more than all": ("CF25", HEAD + TAX + DRAWBACK.replace("90", "101"), "percent"),
    "drawback of another tax": ("CF04", HEAD + TAX + DRAWBACK.replace("DUTY", "VAT"), "tax"),
    "drawback twice": ("CF10", HEAD + TAX + DRAWBACK + DRAWBACK, "valid_from"),
    "no TOML": ("CF01", "member = ", ""),
    "no tax": ("CF02", HEAD, "tax"),
    "no member": ("CF02", TAX, "currency"),
    "no currency": ("CF05", HEAD.replace("KZT", "KZZ") + TAX, "currency"),
    "a key that is none": ("CF03", HEAD + TAX + 'colour = "red"\n', "colour"),
    "a tax on what comes after": ("CF04", HEAD + TAX.replace('"value"', '"VAT"'), "on"),
    "a tax twice": ("CF10", HEAD + TAX + TAX, "code"),
    "dates turned round": (
        "CF10",
        HEAD + TAX + "valid_from = 2026-02-01\nvalid_to = 2026-01-01\n",
        "valid_to",
    ),
    "rounded to nothing": ("CF25", HEAD + TAX + 'rounding_unit = "0"\n', "rounding_unit"),
    "a group of none": ("CF04", HEAD + TAX + '[groups]\nUNION = ["Kyrgyzstan"]\n', "UNION"),
    "a preference of nobody": (
        "CF04",
        HEAD + TAX + '[[preference]]\ncode = "P"\norigin = "X"\ntax = "DUTY"\npercent = "5"\n',
        "origin",
    ),
    "a component with a limit": (
        "CF25",
        HEAD + TAX + '[[agricultural]]\ntable = "EA"\ncode = "7001"\nrate = "5% MIN 3%"\n',
        "rate",
    ),
    "an entry price in words": (
        "CF07",
        HEAD + TAX + '[[entry_price]]\ngoods = "07"\nleast = "dear"\ncurrency = "EUR"\nrate = "5%"\n',
        "least",
    ),
    "a rate that is none": (
        "DE05",
        HEAD + TAX + '[[entry_price]]\ngoods = "07"\nleast = "1"\ncurrency = "EUR"\nrate = "5"\n',
        "rate",
    ),
}


@pytest.mark.parametrize("name", WRONG_LAWS)
def test_a_wrong_law_is_refused_at_its_key(name: str) -> None:
    code, text, where = WRONG_LAWS[name]
    with pytest.raises(ConfigurationError) as stopped:
        law(text)
    told = stopped.value.refusal
    assert told.reason == code and where in told.where and told.cure


def test_a_tax_may_follow_itself() -> None:
    first, then = TAX + "valid_to = 2026-12-31\n", TAX + "valid_from = 2027-01-01\n"
    assert [tax.begins.year for tax in law(HEAD + first + then).taxes] == [1, 2027]
