"""union.toml: what it seeds, and what every kind of mistake in it is answered with."""

from __future__ import annotations

from datetime import date
from itertools import count
from pathlib import Path

import pytest

from tasviya.core.errors import ConfigurationError
from tasviya.membership.participant import RECORD_TYPES, OpeningBalance, Participant
from tasviya.membership.register import Register
from tasviya.membership.union import CODES, load_union

EXAMPLES = Path(__file__).parents[2] / "examples"
DAY = date(2026, 9, 29)

SMALL = """
[union]
code = "TINY"
name = "Two members"
mode = "sandbox"
valid_from = 2026-01-01
clearing_system = "TASVIYA"
warehousing_days = 5
charge_bearers = ["SHAR", "SLEV"]
payment_limits.KZT = "1000000.50"

[operator]
code = "OPERATOR"
name = "Operator"
bic = "TSVOKZ20"
member = "KZ"

[liquidity_saving]
minutes = 30
algorithm = "fifo"

[transit]
arrival_days = 8
enquiry_after_days = 7
results_days = 6
enquiry_days = 28

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
interbank_cutoff_at = 17:30:00
closes_at = "18:00"
calendar = [{ date = 2026-12-16, is = "business_day", reason = "Year end" }]
haircuts = { GOVERNMENT = "5", CORPORATE = "12.5" }
[member.settlement_institution.credit]
deposit_percent = "3.50"
overnight_percent = "14"
day_count = "ACT/365F"
rounding_unit = "0.05"

[[member.bank]]
code = "KZ-ONE"
name = "One Bank"
bic = "ONEBKZ20XXX"
accounts.KZT = "KZ989000006449279055"
accounts.UZS = "21302000977221526767"
credit_lines.KZT = 1_000
collateral.KZT = { reference = "BOND-1", class = "GOVERNMENT", value = 900, valued_on = 2025-12-30 }
opening_balances.KZT = 500

[[member]]
code = "UZ"
name = "Uzbekistan"
currency = "UZS"

[member.settlement_institution]
code = "UZ-SI"
name = "Settlement institution"
bic = "SIUZUZ20XXX"
zone = "Asia/Tashkent"
holidays = "UZ"
weekend = ["saturday", "sunday"]
opens_at = "09:00"
customer_cutoff_at = "17:00"
interbank_cutoff_at = "17:30"
closes_at = "18:00"
haircuts = { BILLS = "0" }

[[member.bank]]
code = "UZ-TWO"
name = "Two Bank"
bic = "TWOBUZ20XXX"
accounts.UZS = "21302000887633490673"
correspondents.KZT = { bank = "KZ-ONE", account = "KZ369010004292487581" }
credit_lines.UZS = { limit = 5, secured = true }
bilateral_limits = [{ counterparty = "KZ-ONE", currency = "UZS", limit = 7 }]
reservations = [{ priority = "HIGH", currency = "UZS", amount = "0.25" }]

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
base_trade = { KZ = "1000", UZ = "800.5" }
accepts = { KZ = ["own", "debtor"], UZ = ["KZT"] }
"""


def load(text: str = SMALL) -> Register:
    return load_union(text, "union.toml")


def refused(text: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load(text)
    assert caught.value.refusal.where.startswith("union.toml")
    assert caught.value.refusal.cure.endswith((".", "?"))
    return caught.value


# What is read


@pytest.mark.parametrize(
    ("name", "banks", "currencies"), [("sco", 40, 10), ("corridor", 6, 2), ("asean", 24, 8)]
)
def test_example_loads(name: str, banks: int, currencies: int) -> None:
    register = load_union((EXAMPLES / name / "union.toml").read_text(encoding="utf-8"), name)
    snapshot = register.on(DAY)
    assert sum(each.kind == "bank" for each in snapshot.participants.values()) == banks
    assert len(snapshot.currencies) == currencies
    for code in snapshot.participants:
        bic, participant = snapshot.bic(code), snapshot.participants[code]
        assert bic is not None and bic[4:6] == participant.member and bic[7] == "0"


def test_amounts_are_whole_units_or_text_with_decimals() -> None:
    snapshot = load().on(DAY)
    assert snapshot.credit_line("KZ-ONE", "KZT") == 100_000
    assert snapshot.system_limit("KZT") == 100_000_050
    assert snapshot.reservations("UZ-TWO", "UZS") == {"HIGH": 25}


def test_credit_terms_and_collateral_are_read_with_what_they_leave_out() -> None:
    snapshot = load().on(DAY)
    terms = snapshot.credit_terms["KZT"]
    assert (terms.deposit_percent, terms.overnight_percent, terms.intraday_percent) == ("3.5", "14", "0")
    assert (terms.day_count, terms.rounding, terms.rounding_unit_minor) == ("ACT/365F", "half_even", 5)
    assert snapshot.haircuts["KZT", "CORPORATE"] == "12.5"
    (pledge,) = snapshot.collateral("KZ-ONE", "KZT")
    assert (pledge.reference, pledge.value_minor, pledge.valued_on) == ("BOND-1", 90_000, "2025-12-30")
    assert (snapshot.is_secured("UZ-TWO", "UZS"), snapshot.is_secured("KZ-ONE", "KZT")) == (True, False)


def test_times_may_be_texts_or_local_times() -> None:
    hours = load().on(DAY).operating_hours("KZT")
    assert hours is not None
    assert [f"{at:%H:%M}" for at in (hours.customer_cutoff_at, hours.interbank_cutoff_at)] == [
        "17:00",
        "17:30",
    ]


def test_bic_of_eight_is_kept_in_eleven() -> None:
    assert load().on(DAY).bic("OPERATOR") == "TSVOKZ20XXX"


def test_what_has_no_dates_holds_from_the_unions_beginning() -> None:
    register = load()
    assert {record.valid_from for record in register.records(Participant)} == {"2026-01-01"}
    assert register.on(date(2025, 12, 31)).participant("KZ-ONE") is None


def test_values_may_have_dates_of_their_own() -> None:
    lines = "[{ limit = 1, valid_to = 2026-10-01 }, { limit = 2, valid_from = 2026-10-01 }]"
    register = load(SMALL.replace("credit_lines.KZT = 1_000", f"credit_lines.KZT = {lines}"))
    assert register.on(date(2026, 9, 30)).credit_line("KZ-ONE", "KZT") == 100
    assert register.on(date(2026, 10, 1)).credit_line("KZ-ONE", "KZT") == 200


def test_bic_may_change_while_the_code_stays() -> None:
    dated = (
        '[{ bic = "OLDBKZ20XXX", valid_to = 2026-07-01 }, { bic = "ONEBKZ20XXX", valid_from = 2026-07-01 }]'
    )
    register = load(SMALL.replace('bic = "ONEBKZ20XXX"', f"bic = {dated}"))
    before, after = register.on(date(2026, 6, 30)), register.on(date(2026, 7, 1))
    assert (before.bic("KZ-ONE"), after.bic("KZ-ONE")) == ("OLDBKZ20XXX", "ONEBKZ20XXX")
    assert before.participant_by_bic("ONEBKZ20XXX") is None
    assert after.participant_by_bic("OLDBKZ20XXX") is None


def test_members_of_one_currency_share_its_settlement_institution() -> None:
    shared = SMALL[SMALL.index('[[member]]\ncode = "UZ"') :]
    institution = shared[shared.index("[member.settlement") : shared.index("[[member.bank]]")]
    text = SMALL.replace(institution, "").replace('currency = "UZS"\n', 'currency = "KZT"\n')
    text = text.replace('accounts.UZS = "21302000977221526767"\n', "").replace("accounts.UZS", "accounts.KZT")
    text = text.replace('currency = "UZS"', 'currency = "KZT"').replace("lines.UZS", "lines.KZT")
    snapshot = load(text).on(DAY)
    assert snapshot.members["UZ"].currency == "KZT"
    assert set(snapshot.currencies) == {"KZT"}


def test_live_union_with_declared_policies_loads() -> None:
    text = SMALL.replace('mode = "sandbox"', 'mode = "live"')
    text = text.replace('name = "Kazakhstan"', 'name = "Kazakhstan"\nscreening = "participants"')
    text = text.replace(
        'name = "Uzbekistan"', 'name = "Uzbekistan"\nscreening = { policy = "operator", reference = "Law 1" }'
    )
    policy = load(text).on(DAY).screening_policy("UZ")
    assert policy is not None and (policy.policy, policy.reference) == ("operator", "Law 1")


def test_opening_balance_on_a_vostro_names_the_correspondent() -> None:
    balance = 'opening_balances.KZT = { amount = 3, correspondent = "KZ-ONE" }\nbilateral_limits'
    register = load(SMALL.replace("bilateral_limits", balance))
    found = {
        (each.participant, each.correspondent): each.amount_minor for each in register.records(OpeningBalance)
    }
    assert found == {("KZ-ONE", ""): 50_000, ("UZ-TWO", "KZ-ONE"): 300}


# What is refused

MISTAKES = [
    ("CF01", "not TOML", 'code = "TINY"', "code = TINY", ""),
    ("CF01", "a number too long", "warehousing_days = 5", "warehousing_days = " + "9" * 5000, ""),
    ("CF02", "no name", 'name = "Two members"\n', "", "union.name"),
    ("CF02", "no beginning", "valid_from = 2026-01-01\n", "", "union.valid_from"),
    ("CF02", "no operator", "[operator]", "[operatr]", "operator"),
    ("CF02", "no BIC", 'bic = "TWOBUZ20XXX"\n', "", "bank[UZ-TWO].bic"),
    ("CF02", "an override without date", "{ date = 2026-12-16, is", "{ is", "calendar[0].date"),
    ("CF03", "a misspelt limit", "credit_lines.KZT", "credit_line.KZT", "bank[KZ-ONE].credit_line"),
    ("CF03", "a table nobody knows", "[operator]", "[fees]\n[operator]", "fees"),
    ("CF04", "a number for a text", 'name = "One Bank"', "name = 1", "bank[KZ-ONE].name"),
    ("CF04", "an unknown mode", '"sandbox"', '"test"', "union.mode"),
    ("CF04", "an unknown weekday", '"saturday"', '"caturday"', "weekend"),
    ("CF04", "an unknown priority", '"HIGH"', '"FAST"', "reservations[0].priority"),
    ("CF04", "an unknown charge bearer", '"SLEV"', '"OURS"', "union.charge_bearers"),
    ("CF04", "a date in quotes", "date = 2026-12-16", 'date = "2026-12-16"', "calendar[0].date"),
    ("CF04", "a time out of the day", '"09:00"', '"25:00"', "opens_at"),
    ("CF04", "a member that is no table", "[[member.bank]]", "[member.bank]", "bank"),
    ("CF04", "days beyond reason", "warehousing_days = 5", "warehousing_days = 500", "warehousing_days"),
    ("CF04", "an empty list of BICs", 'bic = "TWOBUZ20XXX"', "bic = []", "bank[UZ-TWO].bic"),
    ("CF04", "a code in small letters", '"KZ-ONE"', '"kz-one"', "code"),
    ("CF05", "an unknown currency", 'currency = "KZT"', 'currency = "KZX"', "member[KZ].currency"),
    ("CF06", "a currency that settles nowhere", "accounts.UZS", "accounts.EUR", "bank[KZ-ONE].accounts.EUR"),
    ("CF07", "too many decimals", '"0.25"', '"0.255"', "reservations[0].amount"),
    ("CF07", "a float", "limit = 7", "limit = 7.5", "bilateral_limits[0].limit"),
    ("CF07", "a negative amount", "limit = 7", "limit = -7", "bilateral_limits[0].limit"),
    (
        "CF07",
        "an amount of over 63 bits",
        "limit = 7",
        "limit = 92233720368547758.08",
        "bilateral_limits[0].limit",
    ),
    ("CF07", "a very long amount", "limit = 7", f'limit = "{"9" * 5000}"', "bilateral_limits[0].limit"),
    ("CF07", "words", "limit = 7", 'limit = "seven"', "bilateral_limits[0].limit"),
    ("CF08", "a code given twice", '"UZ-TWO"', '"KZ-ONE"', "bank[KZ-ONE]"),
    ("CF08", "a BIC given twice", "TWOBUZ20XXX", "ONEBKZ20XXX", "bank[UZ-TWO].bic"),
    ("CF08", "an account number given twice", "21302000887633490673", "21302000977221526767", "accounts.UZS"),
    ("CF09", "an unknown correspondent", 'bank = "KZ-ONE"', 'bank = "KZ-ON"', "correspondents.KZT"),
    (
        "CF09",
        "an unknown counterparty",
        'counterparty = "KZ-ONE"',
        'counterparty = "X"',
        "bilateral_limits[0]",
    ),
    ("CF09", "an operator of no member", 'member = "KZ"', 'member = "KG"', "operator"),
    ("CF10", "an end before the beginning", "limit = 7", "limit = 7, valid_to = 2025-01-01", "valid_to"),
    (
        "CF10",
        "dates that overlap",
        "credit_lines.KZT = 1_000",
        "credit_lines.KZT = [{ limit = 1 }, { limit = 2, valid_from = 2026-07-01 }]",
        "credit_lines.KZT[1]",
    ),
    ("CF11", "an unknown zone", "Asia/Almaty", "Asia/Almatty", "settlement_institution.zone"),
    ("CF12", "a cut-off before the opening", '"17:00"', '"08:00"', "settlement_institution"),
    ("CF13", "unknown holidays", 'holidays = "KZ"', 'holidays = "QQ"', "settlement_institution.holidays"),
    ("CF14", "a correspondent without access", "correspondents.KZT", "correspondents.UZS", ""),
    ("CF15", "a live union without policies", '"sandbox"', '"live"', "member[KZ]"),
    ("CF16", "a malformed BIC", '"TWOBUZ20XXX"', '"TWOB-UZ20"', "bank[UZ-TWO].bic"),
    ("CF17", "wrong check digits", "KZ989000006449279055", "KZ979000006449279055", "accounts.KZT"),
    ("CF18", "a line for no account", 'accounts.KZT = "KZ989000006449279055"\n', "", ""),
    (
        "CF19",
        "a member without a bank",
        '[[member.bank]]\ncode = "UZ',
        '[[member.customs]]\ncode = "UZ',
        "member[UZ]",
    ),
    (
        "CF20",
        "a week without a business day",
        '["saturday", "sunday"]',
        '["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]',
        "settlement_institution.weekend",
    ),
    ("CF21", "a rate with a comma", '"0.00184"', '"0,00184"', "exchange.rates.KZT.value"),
    (
        "CF04",
        "a fixing that asks for no bank",
        "[unit]",
        "[exchange.fixing]\nbanks_min = 0\n[unit]",
        "banks_min",
    ),
    ("CF03", "a misspelt term", "[unit]", "[exchange.fixing]\nbank_min = 2\n[unit]", "fixing.bank_min"),
    (
        "CF04",
        "a unit with more decimals than messages carry",
        "decimals = 4",
        "decimals = 6",
        "unit.decimals",
    ),
    ("CF22", "a unit called as a currency is", '"TSU"', '"UZS"', "unit.code"),
    ("CF22", "a unit of four letters", '"TSU"', '"TSUX"', "unit.code"),
    (
        "CF06",
        "a unit that holds what settles nowhere",
        '{ KZT = "1" }',
        '{ KZT = "0.5", EUR = "0.5" }',
        "EUR",
    ),
    (
        "CF06",
        "a unit worth what settles nowhere",
        'currency = "KZT", amount',
        'currency = "EUR", amount',
        "unit",
    ),
    ("CF23", "weights that are too much", '{ KZT = "1" }', '{ KZT = "1", UZS = "0.1" }', "unit.weights"),
    ("CF23", "neither weights nor sizes", 'weights = { KZT = "1" }\n', "", "unit.weights"),
    (
        "CF23",
        "both",
        'weights = { KZT = "1" }',
        'weights = { KZT = "1" }\nsizes = { UZS = "1" }',
        "unit.weights",
    ),
    (
        "CF23",
        "sizes that no cap fits",
        'weights = { KZT = "1" }',
        'sizes = { KZT = "2", UZS = "1" }',
        "unit.sizes",
    ),
    ("CF23", "an anchor outside", 'anchor = "KZT"', 'anchor = "UZS"', "unit.anchor"),
    ("CF24", "a negative weight", '{ KZT = "1" }', '{ KZT = "-1" }', "unit.weights.KZT.value"),
    ("CF24", "a worth of nothing", 'amount = "100"', 'amount = "0"', "unit.worth.amount"),
    ("CF24", "an interest rate of no number", '"14.25"', '"NaN"', "unit.interest.KZT.percent"),
    ("CF02", "terms without a day count", 'day_count = "ACT/365F"\n', "", "institution.credit.day_count"),
    ("CF03", "a misspelt percent", "overnight_percent", "overnigth_percent", "credit.overnigth_percent"),
    ("CF04", "an unknown day count", '"ACT/365F"', '"ACT/ACT"', "credit.day_count"),
    ("CF04", "a percent without quotes", '"3.50"', "3.50", "credit.deposit_percent"),
    (
        "CF04",
        "a line that is secured perhaps",
        "secured = true",
        'secured = "yes"',
        "credit_lines.UZS.secured",
    ),
    ("CF04", "a class in small letters", "CORPORATE", "corporate", "haircuts.corporate"),
    ("CF04", "a reference with a blank", '"BOND-1"', '"BOND 1"', "collateral.KZT.reference"),
    ("CF07", "a value below zero", "value = 900", "value = -900", "collateral.KZT.value"),
    ("CF07", "a rounding unit below the minor one", '"0.05"', '"0.005"', "credit.rounding_unit"),
    (
        "CF18",
        "collateral for no account",
        "reservations",
        'collateral.KZT = { reference = "B", class = "GOVERNMENT", value = 1 }\nreservations',
        "UZ-TWO].collateral.KZT",
    ),
    ("CF25", "a percent in words", '"3.50"', '"much"', "credit.deposit_percent"),
    ("CF25", "a percent of no end", '"3.50"', '"Infinity"', "credit.deposit_percent"),
    ("CF25", "a percent with too many digits", '"3.50"', '"3.00000000001"', "credit.deposit_percent"),
    ("CF25", "credit that pays who draws it", '"14"', '"-1"', "credit.overnight_percent"),
    ("CF25", "a haircut of more than all", '"12.5"', '"100.1"', "haircuts.CORPORATE.percent"),
    ("CF25", "a rounding unit of nothing", '"0.05"', "0", "credit.rounding_unit"),
    ("CF26", "a class that is not taken", 'class = "GOVERNMENT"', 'class = "GOLD"', "collateral.KZT"),
    ("CF27", "a valuation to come", "valued_on = 2025-12-30", "valued_on = 2026-01-02", "KZT.valued_on"),
    ("CF28", "a secured line without collateral", 'haircuts = { BILLS = "0" }\n', "", "credit_lines.UZS"),
    ("CF32", "an order that nobody has freed", '"fifo"', '"free"', "liquidity_saving.algorithm"),
    ("CF04", "an algorithm that is none", '"fifo"', '"magic"', "liquidity_saving.algorithm"),
    ("CF04", "passes more often than a minute", "minutes = 30", "minutes = -1", "liquidity_saving.minutes"),
    ("CF02", "passes without a period", "minutes = 30\n", "", "liquidity_saving.minutes"),
    (
        "CF04",
        "a switch that is neither",
        "minutes = 30",
        'minutes = 30\nbilateral = "yes"',
        "liquidity_saving.bilateral",
    ),
    ("CF04", "goods that arrive at once", "arrival_days = 8", "arrival_days = 0", "transit.arrival_days"),
    ("CF02", "an enquiry without an end", "enquiry_days = 28\n", "", "transit.enquiry_days"),
    ("CF03", "a limit of another name", "results_days", "days = 1\nresults_days", "transit.days"),
    ("CF29", "a negative quota", 'quota_percent = "15"', 'quota_percent = "-1"', "clearing.quota_percent"),
    ("CF29", "a base trade of no number", 'KZ = "1000"', 'KZ = "much"', "base_trade.KZ.units"),
    ("CF29", "a band of more than all", 'money = "0.5"', 'money = "1.5"', "bands[1].money"),
    ("CF30", "a band that is all money", 'money = "0.5"', 'money = "1"', "bands[1].money"),
    ("CF30", "bands that do not ascend", 'upto = "0.2"', 'upto = "1"', "bands[1]"),
    ("CF30", "bands that end short of the quota", 'upto = "1"', 'upto = "0.9"', "clearing.bands"),
    ("CF31", "base trade of nobody", "base_trade = { KZ", "base_trade = { TJ", "base_trade.TJ"),
    ("CF31", "a creditor that is nobody", "accepts = { KZ", "accepts = { TJ", "accepts.TJ"),
    ("CF31", "payment in what settles nowhere", 'UZ = ["KZT"]', 'UZ = ["EUR"]', "accepts.UZ"),
    ("CF31", "clearing before there is a unit", "[unit]", "[unit]\nvalid_from = 2026-03-01", "clearing"),
    (
        "CF31",
        "a currency that leaves with its position",
        '"KZ-SI"',
        '"KZ-SI"\nvalid_to = 2027-01-01',
        "institution",
    ),
    ("CF31", "clearing in no unit", "[unit]", '[unit]\nkind = "none"', "clearing"),
    (
        "CF11",
        "a clearing zone of nowhere",
        'zone = "Asia/Almaty"\ncut',
        'zone = "Asia/No"\ncut',
        "clearing.zone",
    ),
    ("CF12", "a settlement before its cut-off", 'settles_at = "14:00"', 'settles_at = "12:00"', "settles_at"),
    ("CF04", "a choice that is no list", 'UZ = ["KZT"]', 'UZ = "KZT"', "accepts.UZ"),
    (
        "CF03",
        "a misspelt rule of clearing",
        "days = 5\nzone",
        "days = 5\nown_shares = 1\nzone",
        "clearing.own_shares",
    ),
]


@pytest.mark.parametrize(
    ("code", "mistake", "good", "bad", "place"), MISTAKES, ids=[each[1] for each in MISTAKES]
)
def test_mistake_has_its_code_and_its_place(code: str, mistake: str, good: str, bad: str, place: str) -> None:
    assert good in SMALL, mistake
    text = SMALL.replace(good, bad, 1)
    if code == "CF14":
        text = text.replace('accounts.UZS = "21302000977221526767"\n', "")
        text = text.replace('accounts.UZS = "21302000887633490673"\n', "")
    refusal = refused(text).refusal
    assert refusal.reason == code, str(refusal)
    assert place in refusal.where, str(refusal)


def test_unit_is_read_with_what_it_leaves_out() -> None:
    snapshot = load().on(DAY)
    unit = snapshot.unit
    assert unit is not None
    assert (unit.code, unit.kind, unit.currency, unit.amount) == ("TSU", "basket", "KZT", "100")
    assert (unit.cap, unit.floor, unit.base_fixings) == ("0.3", "0.01", 60)
    assert snapshot.unit_interest == {"KZT": "14.25"}
    assert snapshot.fixing_rules is not None
    assert snapshot.fixing_rules.orders_min == 20


def test_unit_of_kind_none_is_no_unit() -> None:
    alone = SMALL.partition("\n[clearing]")[0]
    assert load(alone.replace("[unit]", '[unit]\nkind = "none"')).on(DAY).unit is None


def test_unit_of_one_currency_needs_no_weights() -> None:
    text = SMALL.replace("[unit]", '[unit]\nkind = "currency"').replace('weights = { KZT = "1" }\n', "")
    unit = load(text).on(DAY).unit
    assert unit is not None and unit.kind == "currency"


def test_union_without_members_is_refused() -> None:
    assert refused(SMALL[: SMALL.index("[[member]]")]).refusal.reason == "CF19"


def test_every_code_is_provoked() -> None:
    assert {each[0] for each in MISTAKES} == set(CODES)


def test_misspelt_key_is_answered_with_the_likely_one() -> None:
    assert "'credit_lines'" in refused(SMALL.replace("credit_lines", "credit_line")).refusal.cure


def test_misspelt_participant_is_answered_with_the_likely_one() -> None:
    assert "'KZ-ONE'" in refused(SMALL.replace('bank = "KZ-ONE"', 'bank = "KZ-ON"')).refusal.cure


def test_configuration_error_ends_a_command_with_status_2() -> None:
    assert refused("union").exit_code == 2


def test_whatever_a_line_says_the_answer_is_a_register_or_a_configuration_error() -> None:
    lines = SMALL.splitlines()
    wrong = [
        '""',
        "-1",
        "[]",
        "{}",
        "[{}]",
        "true",
        "1.5",
        "2026-09-29",
        '"ZZZ"',
        "[[1]]",
        '{ limit = "x" }',
        "09:00:00",
    ]
    turn = count()
    for place, line in enumerate(lines):
        key, equals, _ = line.partition(" = ")
        for changed in ([], [f"{key} = {wrong[next(turn) % len(wrong)]}"] if equals else [line, line]):
            try:
                load("\n".join([*lines[:place], *changed, *lines[place + 1 :]]))
            except ConfigurationError as error:
                assert error.refusal.reason in CODES


def test_record_types_are_flat_and_keyed_by_their_own_columns() -> None:
    for table, record_type in RECORD_TYPES.items():
        columns = record_type.__struct_fields__
        assert table.islower() and record_type.KEY
        assert set(record_type.KEY) <= set(columns)
        assert {"valid_from", "valid_to"} <= set(columns)
        own = {kind for name, kind in record_type.__annotations__.items() if name in columns}
        assert own <= {"str", "int"}
