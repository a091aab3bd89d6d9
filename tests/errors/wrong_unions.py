"""Configurations that do not hold: one change each to a union of two members."""

# ruff: noqa: E501 - the tables are wider than text
from __future__ import annotations

from pathlib import Path

import pytest

from tasviya.core.errors import ConfigurationError, Refusal
from tasviya.membership.union import load_union

SMALL = """
[union]
code = "TINY"
name = "Two members"
mode = "sandbox"
valid_from = 2026-01-01
clearing_system = "TASVIYA"
warehousing_days = 5
charge_bearers = ["SHAR"]

[operator]
code = "OPERATOR"
name = "Operator"
bic = "TSVOKZ20XXX"
member = "KZ"

[liquidity_saving]
minutes = 30
algorithm = "fifo"

[exchange]
batch_minutes = 15
limit_basis_points = 200
largest_batch = 900
rates = { KZT = "0.00184" }

[[member]]
code = "KZ"
name = "Kazakhstan"
currency = "KZT"

[member.settlement_institution]
code = "KZ-SI"
name = "Settlement institution"
bic = "SIKZKZ20XXX"
zone = "Asia/Almaty"
holidays = "KZ"
weekend = ["saturday", "sunday"]
opens_at = "09:00"
customer_cutoff_at = "17:00"
interbank_cutoff_at = "18:00"
closes_at = "18:30"
credit = { deposit_percent = "3.5", day_count = "ACT/360" }
haircuts = { GOVERNMENT = "5" }

[[member.bank]]
code = "KZ-ONE"
name = "One Bank"
bic = "ONEBKZ20XXX"
accounts.KZT = "KZ989000006449279055"
credit_lines.KZT = 1_000
collateral.KZT = { reference = "BOND-1", class = "GOVERNMENT", value = 900, valued_on = 2026-01-01 }

[[member.bank]]
code = "KZ-TWO"
name = "Two Bank"
bic = "TWOBKZ20XXX"
correspondents.KZT = { bank = "KZ-ONE", account = "VOSTRO" }

[unit]
code = "TSU"
name = "Unit of account"
decimals = 4
worth = { currency = "KZT", amount = "100" }
weights = { KZT = "1" }
anchor = "KZT"
interest = { KZT = "14.25" }

[clearing]
days = 5
zone = "Asia/Almaty"
cutoff_at = "13:00"
settles_at = "14:00"
quota_percent = "15"
bands = [{ upto = "0.2", money = "0" }, { upto = "1", money = "0.5" }]
base_trade = { KZ = "1000" }
accepts = { KZ = ["own", "debtor"] }
"""

UNSECURED = SMALL[SMALL.index("haircuts") : SMALL.index("collateral.KZT")]
SECURED = UNSECURED.partition("\n")[2].replace("1_000", "{ limit = 1_000, secured = true }")
"""The same without haircuts, and with a line that wants collateral."""

UNION_CASES: list[tuple[str, str, str, str, str]] = [
    ("CF01", "A value without its quotes", 'code = "TINY"', "code = TINY", ""),
    ("CF02", "A union without a name", 'name = "Two members"\n', "", "union.name"),
    ("CF03", "A misspelt key", "credit_lines", "credit_line", "bank[KZ-ONE].credit_line"),
    ("CF04", "A time that no day has", '"09:00"', '"25:00"', "opens_at"),
    ("CF05", "A currency that nobody knows", 'currency = "KZT"', 'currency = "KZX"', "member[KZ].currency"),
    ("CF06", "An account in a currency that settles nowhere", "accounts.KZT", "accounts.EUR", "accounts.EUR"),
    ("CF07", "An amount with too many decimals", "1_000", '"0.255"', "credit_lines.KZT.limit"),
    ("CF08", "A code given twice", '"KZ-TWO"', '"KZ-ONE"', "bank[KZ-ONE]"),
    ("CF09", "A correspondent that is not there", 'bank = "KZ-ONE"', 'bank = "KZ-ON"', "correspondents.KZT"),
    ("CF10", "An end before its beginning", "1_000", "{ limit = 1, valid_to = 2025-01-01 }", "valid_to"),
    ("CF11", "A zone that nobody knows", "Asia/Almaty", "Asia/Almatty", "settlement_institution.zone"),
    ("CF12", "A cut-off before the opening", '"17:00"', '"08:00"', "settlement_institution"),
    ("CF13", "Holidays of no country", 'holidays = "KZ"', 'holidays = "QQ"', "holidays"),
    ("CF14", "A correspondent without an account", SMALL[SMALL.index("accounts.KZT") : SMALL.index('\n[[member.bank]]\ncode = "KZ-TWO"')], "", ""),
    ("CF15", "A live union that leaves screening open", '"sandbox"', '"live"', "member[KZ]"),
    ("CF16", "A BIC with a hyphen", '"TWOBKZ20XXX"', '"TWOB-KZ20"', "bic"),
    ("CF17", "Wrong check digits", "KZ989000006449279055", "KZ979000006449279055", "accounts.KZT.number"),
    ("CF18", "A credit line for no account", 'correspondents.KZT', 'credit_lines.KZT = 5\ncorrespondents.KZT', ""),
    ("CF19", "A member without a bank", "[[member.bank]]", "[[member.treasury]]", "member[KZ]"),
    ("CF20", "A week without a business day", '["saturday", "sunday"]',
     '["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]', "weekend"),
    ("CF21", "A rate of nothing", '"0.00184"', '"0"', "exchange.rates.KZT.value"),
    ("CF22", "A unit by the name of a currency", '"TSU"', '"KZT"', "unit.code"),
    ("CF23", "Weights that are not all of it", 'weights = { KZT = "1" }', 'weights = { KZT = "0.9" }', "unit.weights"),
    ("CF24", "An interest rate in words", '"14.25"', '"high"', "unit.interest.KZT.percent"),
    ("CF25", "A haircut of more than all", '{ GOVERNMENT = "5" }', '{ GOVERNMENT = "105" }', "haircuts.GOVERNMENT.percent"),
    ("CF26", "Collateral that nobody takes", 'class = "GOVERNMENT"', 'class = "GOLD"', "collateral.KZT"),
    ("CF27", "A valuation that is still to come", "valued_on = 2026-01-01", "valued_on = 2026-01-02", "collateral.KZT.valued_on"),
    ("CF28", "A secured line where nothing is taken", UNSECURED, SECURED, "credit_lines.KZT"),
    ("CF32", "Passes in any order that nobody has adopted", '"fifo"', '"free"', "liquidity_saving.algorithm"),
    ("CF29", "A quota below zero", 'quota_percent = "15"', 'quota_percent = "-15"', "clearing.quota_percent"),
    ("CF30", "A sliding scale that ends short of the quota", 'upto = "1"', 'upto = "0.9"', "clearing.bands"),
    ("CF31", "Base trade of a member that is not there", "base_trade = { KZ", "base_trade = { UZ", "base_trade.UZ"),
]  # fmt: skip


def refusal_of_union(good: str, bad: str, directory: Path) -> Refusal:
    """Why a union.toml is not taken after a change; it is taken without."""
    load_union(SMALL, "union.toml")
    assert good in SMALL, good
    changed = SMALL.replace(good, bad) if good.startswith("[[") else SMALL.replace(good, bad, 1)
    with pytest.raises(ConfigurationError) as refused:
        load_union(changed, "union.toml")
    return refused.value.refusal
