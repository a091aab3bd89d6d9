"""A drawn day: real proportions, the same bytes for the same seed, faults that are seen."""

from __future__ import annotations

from collections import Counter
from datetime import date
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from tasviya.core.business_day import Phase
from tasviya.core.clock import from_ns
from tasviya.lab.customers import account_number, customers
from tasviya.lab.desk import LARGEST_BATCH, DrawnFile
from tasviya.lab.faults import DUPLICATE, FILE_FAULTS, UNKNOWN_PAYEE_BANK
from tasviya.lab.figures import matrix_for, rates, trade_matrix
from tasviya.lab.flows import CUSTOMER, INTERBANK, Flow, plan_flows
from tasviya.lab.trade_day import (
    draw_day,
    file_content,
    opening_balances,
    scheme_of,
    write_day,
)
from tasviya.membership.register import Register
from tasviya.membership.union import iban_check_digits_hold, load_union
from tasviya.messages.model import CreditTransfer, ParsedMessage, UnreadableMessage
from tasviya.messages.registry import parse_file

EXAMPLES = Path(__file__).parents[2] / "examples"
DAY = date(2026, 9, 29)


def union(name: str) -> Register:
    return load_union((EXAMPLES / name / "union.toml").read_text(encoding="utf-8"), name)


@pytest.fixture(scope="module")
def sco() -> Register:
    return union("sco")


@pytest.fixture(scope="module")
def drawn(sco: Register) -> list[DrawnFile]:
    return list(draw_day(sco, DAY, 10_000, seed=1))


@pytest.fixture(scope="module")
def flows(sco: Register) -> list[Flow]:
    snapshot = sco.on(DAY)
    return plan_flows(snapshot, 10_000, matrix_for(snapshot.members), 40)


# Flows


def test_flows_carry_every_payment(flows: list[Flow]) -> None:
    assert sum(flow.count for flow in flows) == 10_000
    assert sum(flow.count for flow in flows if flow.message_type == INTERBANK) == 600


def test_trade_is_a_250th_of_the_years(sco: Register, flows: list[Flow]) -> None:
    matrix, members = trade_matrix("trade_2015"), sco.on(DAY).members
    for (exporter, importer), usd in matrix.usd.items():
        if exporter in members and importer in members:
            values = [
                flow.value
                for flow in flows
                if (flow.payer_member, flow.payee_member) == (importer, exporter)
                and flow.message_type == CUSTOMER
            ]
            assert sum(values) == usd * 1_000_000 // 250


def test_every_corridor_with_trade_appears_on_a_large_day(flows: list[Flow]) -> None:
    assert all(flow.count >= 1 for flow in flows)
    assert (
        len({(flow.payer_member, flow.payee_member) for flow in flows if flow.message_type == CUSTOMER}) == 87
    )


def test_invoices_are_in_the_payers_or_the_payees_currency(sco: Register) -> None:
    snapshot = sco.on(DAY)
    matrix = matrix_for(snapshot.members)
    for percent, side in ((0, "payee_member"), (100, "payer_member")):
        for flow in plan_flows(snapshot, 10_000, matrix, percent):
            if flow.message_type == CUSTOMER:
                assert snapshot.members[getattr(flow, side)].currency == flow.currency


def test_lanes_are_direct_or_through_a_correspondent_that_has_an_account(
    sco: Register, flows: list[Flow]
) -> None:
    snapshot = sco.on(DAY)
    ways = Counter[str]()
    for flow in flows:
        for lane in flow.lanes:
            for bank, via in (
                (lane.payer, lane.debtor_correspondent),
                (lane.payee, lane.creditor_correspondent),
            ):
                code = flow.debit_currency if bank == lane.payer else flow.currency
                assert snapshot.account(via or bank, code) is not None
                assert (snapshot.account(bank, code) is None) == bool(via)
            assert not (lane.debtor_correspondent and lane.creditor_correspondent)
            ways[
                "direct" if not (lane.debtor_correspondent or lane.creditor_correspondent) else "through"
            ] += 1
    assert min(ways.values()) > 100


def test_currency_whose_institution_is_closed_has_no_flows(sco: Register) -> None:
    national_day = date(2026, 10, 1)
    snapshot = sco.on(national_day)
    found = plan_flows(snapshot, 1000, matrix_for(snapshot.members), 40)
    assert found and "CNY" not in {flow.currency for flow in found}


def test_union_without_trade_that_day_has_no_flows() -> None:
    asean, sunday = union("asean"), date(2026, 10, 4)
    snapshot = asean.on(sunday)
    assert plan_flows(snapshot, 1000, matrix_for(snapshot.members), 40) == []
    assert list(draw_day(asean, sunday, 1000, seed=1)) == []


# The draw


def test_draw_holds_exactly_the_payments_asked_for(drawn: list[DrawnFile]) -> None:
    assert sum(len(file.transfers) for file in drawn if file.fault != DUPLICATE) == 10_000


@pytest.mark.parametrize("payments", [0, 1, 7, 100, 999])
def test_small_days_hold_exactly_the_payments_asked_for_too(sco: Register, payments: int) -> None:
    files = list(draw_day(sco, DAY, payments, seed=3))
    assert sum(len(file.transfers) for file in files if file.fault != DUPLICATE) == payments


def test_same_seed_draws_the_same_and_another_draws_others(sco: Register, drawn: list[DrawnFile]) -> None:
    assert list(draw_day(sco, DAY, 10_000, seed=1)) == drawn
    assert list(draw_day(sco, DAY, 10_000, seed=2)) != drawn


def test_draw_is_that_of_every_other_machine() -> None:
    corridor = union("corridor")
    digest = sha256()
    for file in draw_day(corridor, DAY, 300, seed=1):
        facts = [
            (each.uetr, each.amount_minor, each.debtor_name, each.creditor_account, each.remittance)
            for each in file.transfers
        ]
        digest.update(repr((file.name, file.fault, facts)).encode())
    assert digest.hexdigest()[:16] == "022bf46bc8da30d6", "changes with examples/corridor/union.toml"


def test_messages_payments_and_uetrs_are_unique(drawn: list[DrawnFile]) -> None:
    files = [file for file in drawn if file.fault != DUPLICATE]
    assert len({file.message_id for file in files}) == len(files)
    transfers = [transfer for file in files for transfer in file.transfers]
    assert len({transfer.uetr for transfer in transfers}) == len(transfers)
    assert len({transfer.end_to_end_id for transfer in transfers}) == len(transfers)
    assert all(len(transfer.end_to_end_id) <= 35 for transfer in transfers)


def test_value_drawn_is_near_the_value_expected(
    sco: Register, flows: list[Flow], drawn: list[DrawnFile]
) -> None:
    per_usd, currencies = rates("2026-09-29").per_usd, sco.on(DAY).currencies
    for code in ("CNY", "RUB", "INR"):
        expected = sum(flow.value for flow in flows if flow.currency == code) / 1e6
        minor = sum(each.amount_minor for file in drawn if file.currency == code for each in file.transfers)
        got = minor / currencies[code].minor_per_major / float(per_usd[code])
        assert abs(got / expected - 1) < 0.2, code


def test_files_are_singles_and_batches_of_one_sender_and_currency(drawn: list[DrawnFile]) -> None:
    lengths = Counter(len(file.transfers) for file in drawn)
    assert lengths[1] > len(drawn) / 5
    assert 100 < max(lengths) <= LARGEST_BATCH
    for file in drawn:
        assert {each.currency for each in file.transfers} == {file.currency}
        assert {each.instructing_agent for each in file.transfers} == {file.sender_bic}
    assert 5 <= sum(file.bare for file in drawn) < len(drawn) / 5


def test_most_files_arrive_in_hours_and_a_few_do_not(sco: Register) -> None:
    phases = Counter[Phase]()
    snapshot = sco.on(DAY)
    for file in draw_day(sco, DAY, 50_000, seed=1):
        hours = snapshot.operating_hours(file.currency)
        assert hours is not None
        if file.fault != DUPLICATE and file.message_type == CUSTOMER:
            phases[hours.phase_at(file.instant_ns)] += 1
    assert phases[Phase.OPEN] / phases.total() > 0.96
    assert phases[Phase.CLOSED] and phases[Phase.CUSTOMER_CUTOFF]


def test_some_payments_ask_for_the_next_business_day(drawn: list[DrawnFile]) -> None:
    later = [file for file in drawn if file.settlement_date > DAY]
    assert 0 < len(later) < len(drawn) / 20


def test_priorities_are_mixed(drawn: list[DrawnFile]) -> None:
    found = Counter(each.priority for file in drawn for each in file.transfers)
    assert found["NORM"] > found["HIGH"] > found["URGT"] > 0


def test_correspondents_travel_as_intermediary_agents(drawn: list[DrawnFile]) -> None:
    through = [each for file in drawn for each in file.transfers if each.intermediary_agents]
    assert 1000 < len(through) < 6000
    for each in through:
        assert each.intermediary_agents[0] not in (each.debtor_agent, each.creditor_agent)


def test_every_kind_of_fault_is_drawn_and_few_payments_are_faulty(drawn: list[DrawnFile]) -> None:
    kinds = Counter(file.fault for file in drawn if file.fault)
    assert set(kinds) == set(FILE_FAULTS)
    strangers = sum(
        (each.creditor_agent or "").startswith("NOBD") for file in drawn for each in file.transfers
    )
    assert 0.003 < (kinds.total() + strangers) / 10_000 < 0.01


def test_faultless_day_can_be_asked_for(sco: Register) -> None:
    for file in draw_day(sco, DAY, 5_000, seed=1, faults=False):
        assert not file.fault
        assert not any((each.creditor_agent or "").startswith("NOBD") for each in file.transfers)


# Faults in the bytes


@pytest.fixture(scope="module")
def faulty(sco: Register, drawn: list[DrawnFile]) -> dict[str, bytes]:
    scheme = scheme_of(sco.on(DAY))
    return {file.fault: file_content(file, scheme) for file in drawn if file.fault}


def test_spoiled_files_are_spoiled(faulty: dict[str, bytes]) -> None:
    assert b"Dear" in faulty["not_xml"]
    assert b"<!DOCTYPE" in faulty["doctype"]
    assert b"</Document>" not in faulty["truncated"]
    assert b'Ccy="QQQ"' in faulty["unknown_currency"]
    assert (
        b"<IntrBkSttlmDt>2026-09-2" in faulty["past_date"]
        and b"<IntrBkSttlmDt>2026-09-29" not in faulty["past_date"]
    )


def test_bad_iban_has_wrong_check_digits(faulty: dict[str, bytes]) -> None:
    ibans = [part.partition(b"<")[0].decode() for part in faulty["bad_iban"].split(b"<IBAN>")[1:]]
    assert not all(iban_check_digits_hold(iban) for iban in ibans)


def test_wrong_sum_and_decimals_are_in_the_text(faulty: dict[str, bytes]) -> None:
    def between(content: bytes, tag: bytes) -> bytes:
        return content.partition(b"<" + tag)[2].partition(b">")[2].partition(b"<")[0]

    spoiled = faulty["wrong_control_sum"]
    assert between(spoiled, b"CtrlSum") == b"1" + between(spoiled, b"TtlIntrBkSttlmAmt")
    spoiled = faulty["too_many_decimals"]
    amount = between(spoiled, b"IntrBkSttlmAmt")
    assert len(amount.partition(b".")[2]) == 3
    assert amount == between(spoiled, b"TtlIntrBkSttlmAmt") == between(spoiled, b"CtrlSum")


def test_duplicate_is_the_same_bytes_later(sco: Register, drawn: list[DrawnFile]) -> None:
    scheme = scheme_of(sco.on(DAY))
    again = next(file for file in drawn if file.fault == DUPLICATE)
    first = next(file for file in drawn if file.message_id == again.message_id)
    assert first.instant_ns < again.instant_ns
    assert file_content(first, scheme) == file_content(again, scheme)


REASONS = {
    "too_many_decimals": "CH20",
    "wrong_control_sum": "AM10",
    "unknown_currency": "AM11",
    "bad_iban": "AC0",
}


@pytest.mark.parametrize("fault", REASONS)
def test_spoiled_file_breaks_the_rule_it_is_meant_to(
    sco: Register, faulty: dict[str, bytes], fault: str
) -> None:
    [message] = parse_file(faulty[fault], scheme_of(sco.on(DAY)))
    assert isinstance(message, ParsedMessage)
    found = [*message.refusals, *(refusal for each in message.transactions for refusal in each.refusals)]
    assert {refusal.reason[: len(REASONS[fault])] for refusal in found} == {REASONS[fault]}


@pytest.mark.parametrize("fault", ["not_xml", "doctype", "truncated"])
def test_unreadable_file_is_unreadable(sco: Register, faulty: dict[str, bytes], fault: str) -> None:
    [message] = parse_file(faulty[fault], scheme_of(sco.on(DAY)))
    assert isinstance(message, UnreadableMessage)


@pytest.mark.parametrize("name", ["sco", "corridor", "asean"])
def test_good_files_break_no_rule_and_read_back_as_drawn(name: str) -> None:
    register = union(name)
    scheme = scheme_of(register.on(DAY))
    for file in draw_day(register, DAY, 1_500, seed=4, faults=False):
        [message] = parse_file(file_content(file, scheme), scheme)
        assert isinstance(message, ParsedMessage) and not message.refusals
        assert (message.header is None) == file.bare
        for sent, read in zip(file.transfers, message.transactions, strict=True):
            assert isinstance(read, CreditTransfer) and not read.refusals
            assert (read.amount_minor, read.currency, read.uetr) == (
                sent.amount_minor,
                sent.currency,
                sent.uetr,
            )
            assert (read.debtor_name, read.creditor_account) == (sent.debtor_name, sent.creditor_account)
            assert read.settlement_date == file.settlement_date.isoformat()


# Files


def test_day_is_written_as_banks_send_it(tmp_path: Path) -> None:
    register, told = union("asean"), []
    summary = write_day(tmp_path, register, DAY, 2_000, 7, progress=told.append)
    files = sorted(tmp_path.glob("*/*.xml"))
    assert summary.files == len(files) == len(told)
    assert summary.octets == sum(file.stat().st_size for file in files)
    assert summary.payments == sum(summary.by_currency.values()) == 2_000
    assert summary.faults[UNKNOWN_PAYEE_BANK] > 0
    snapshot = register.on(DAY)
    assert all(snapshot.participant_by_bic(folder.name) for folder in tmp_path.iterdir())
    for file in files:
        stamp, _, message_id = file.stem.partition("-")
        assert len(stamp) == 19 and stamp.endswith("Z")
        assert message_id.startswith(file.parent.name[:8])


def test_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    register = union("corridor")
    for name in ("one", "two"):
        write_day(tmp_path / name, register, DAY, 500, 7)
    one, two = (
        {file.relative_to(tmp_path / name): file.read_bytes() for file in (tmp_path / name).glob("*/*.xml")}
        for name in ("one", "two")
    )
    assert one == two


def test_name_sorts_by_arrival(drawn: list[DrawnFile]) -> None:
    by_name = sorted(drawn, key=lambda file: file.name)
    assert [file.instant_ns for file in by_name] == sorted(file.instant_ns for file in drawn)
    assert by_name[0].name.startswith(f"{from_ns(by_name[0].instant_ns):%Y%m%dT%H%M%S}")


# Customers and money


@pytest.mark.parametrize(("country", "length"), [("KZ", 20), ("PK", 24), ("BY", 28), ("IR", 26)])
def test_customers_have_right_ibans_where_their_country_uses_them(
    sco: Register, country: str, length: int
) -> None:
    for bank in sco.on(DAY).participants_of(country, "bank"):
        for customer in customers(bank, 0):
            assert len(customer.account) == length
            assert iban_check_digits_hold(customer.account)


def test_other_customers_have_plain_numbers(sco: Register) -> None:
    bank = sco.on(DAY).participants_of("CN", "bank")[0]
    assert all(customer.account.isdigit() for customer in customers(bank, 0))
    assert customers(bank, 0) == customers(bank, 0)


def test_account_numbers_are_drawn_from_the_generator_given() -> None:
    assert account_number("RU", "RU-X", Random(1)) == account_number("RU", "RU-X", Random(1))
    assert account_number("RU", "RU-X", Random(1)) != account_number("RU", "RU-X", Random(2))


@pytest.mark.parametrize("name", ["sco", "corridor", "asean"])
def test_every_account_that_pays_has_an_opening_balance(name: str) -> None:
    register = union(name)
    snapshot = register.on(DAY)
    balances = opening_balances(register, DAY, 5_000)
    held = {(each.participant, each.currency, each.correspondent) for each in balances}
    assert len(held) == len(balances)
    assert all(0 <= each.amount_minor < 2**63 for each in balances)
    for flow in plan_flows(snapshot, 5_000, matrix_for(snapshot.members), 40):
        for lane in flow.lanes:
            assert (lane.payer, flow.debit_currency, lane.debtor_correspondent) in held
            if lane.debtor_correspondent:
                assert (lane.debtor_correspondent, flow.debit_currency, "") in held
    Register([*(row for rows in register.tables().values() for row in rows), *balances])


def test_more_cover_means_more_money(sco: Register) -> None:
    thin = sum(each.amount_minor for each in opening_balances(sco, DAY, 5_000, cover_percent=1))
    thick = sum(each.amount_minor for each in opening_balances(sco, DAY, 5_000, cover_percent=50))
    assert thin < thick
