"""A clearing cycle's result in messages: what is written adds up, what does not add up is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from message_facts import (
    BANK_A,
    CENTRAL_BANK_A,
    CENTRAL_BANK_B,
    CENTRAL_BANK_C,
    EXAMPLES,
    NOON,
    SCHEME,
    TODAY,
    UNIT_RESULT,
)
from msgspec.structs import replace

from tasviya.core.errors import InvariantBroken
from tasviya.messages import builders
from tasviya.messages.cycle_supplement import CLEARING_CYCLE
from tasviya.messages.model import ParsedMessage
from tasviya.messages.multilateral import (
    Counterparty,
    MultilateralSettlementRequest,
    NetMovement,
    Turnover,
    imbalance,
    unexplained,
)
from tasviya.messages.registry import parse_file
from tasviya.messages.transport import decode_parsed, encode_parsed
from tasviya.messages.xml import validate

FRAME: dict[str, Any] = {"message_id": "OUT-1", "created_at": NOON}
ROOT = "/Document/MulSttlmReq"
EXAMPLE = EXAMPLES["pacs.029.001.02"][0]()


def result(*movements: NetMovement, **changes: Any) -> bytes:
    """A cycle's result that moves something."""
    cycle = {"cycle": "C-7", "settlement_date": TODAY} | changes
    raw = builders.build_cycle_result(SCHEME, **FRAME, **cycle, movements=movements)
    assert raw is not None
    return raw


def read(raw: bytes) -> ParsedMessage:
    (message,) = parse_file(raw, SCHEME)
    assert isinstance(message, ParsedMessage), message
    return message


def requests_of(raw: bytes) -> list[MultilateralSettlementRequest]:
    """The requests of a message in which nothing is refused."""
    message = read(raw)
    assert message.refusals == []
    requests = [each for each in message.transactions if isinstance(each, MultilateralSettlementRequest)]
    assert len(requests) == message.count and not any(each.refusals for each in requests), requests
    return requests


def changed(old: str, new: str, raw: bytes = EXAMPLE) -> bytes:
    assert raw.count(old.encode()) >= 1, old
    return raw.replace(old.encode(), new.encode(), 1)


def without_sum(raw: bytes) -> bytes:
    return changed("<CtrlSum>400.002</CtrlSum>", "", raw)


def places(raw: bytes) -> list[tuple[str, str]]:
    """Code and path, below the root, of whatever is refused."""
    message = read(raw)
    refusals = [*message.refusals, *(each for tx in message.transactions for each in tx.refusals)]
    assert all(each.what.endswith(".") and each.cure.endswith(".") for each in refusals)
    return [(each.reason, each.where.removeprefix(f"{ROOT}/")) for each in refusals]


# --- what is written --------------------------------------------------------------------------------


CLAIM, DEBT = NetMovement("SCU", 5, CENTRAL_BANK_A), NetMovement("SCU", -5, CENTRAL_BANK_B)


def test_result_is_one_request_a_currency_without_those_who_have_nothing_to_move() -> None:
    requests = requests_of(
        result(
            CLAIM,
            NetMovement("BYN", 0, BANK_A),
            NetMovement("KWD", 1_500, CENTRAL_BANK_C),
            DEBT,
            NetMovement("SCU", 0, CENTRAL_BANK_C),
            NetMovement("KWD", -1_500, CENTRAL_BANK_A),
            settle_till="16:30:00Z",
        )
    )
    said = [
        (each.position, each.instruction_id, each.cycle, each.settlement_date, each.settle_till)
        for each in requests
    ]
    assert said == [
        (1, "SCU-C-7", "C-7", TODAY, "16:30:00Z"),
        (2, "KWD-C-7", "C-7", TODAY, "16:30:00Z"),
    ]
    assert [(each.record_id, each.amount_minor, each.amount) for each in requests[1].movements] == [
        ("KWD-1-C-7", 1_500, "1.500"),
        ("KWD-2-C-7", -1_500, "1.500"),
    ]
    assert all(each.stated_movements == 2 for each in requests)


def test_result_is_told_from_plain_values_as_the_outbox_keeps_them() -> None:
    refs = [
        [
            "SCU",
            5,
            CENTRAL_BANK_A,
            "POS-A",
            None,
            None,
            "TRF-1",
            [9, 4, 2, 0, 0, 0, [[CENTRAL_BANK_B, 9, 4, 2]]],
        ],
        ["SCU", -5, CENTRAL_BANK_B],
    ]
    movements = msgspec.convert(msgspec.msgpack.decode(msgspec.msgpack.encode(refs)), list[NetMovement])
    (request,) = requests_of(result(*movements))
    claim, debt = request.movements
    assert claim.turnover == Turnover(9, 4, 2, counterparties=[Counterparty(CENTRAL_BANK_B, 9, 4, 2)])
    assert (claim.account, claim.reference, debt.amount_minor, debt.turnover) == ("POS-A", "TRF-1", -5, None)


def test_cycle_in_which_nothing_moves_is_not_told() -> None:
    flat = [NetMovement("SCU", 0, CENTRAL_BANK_A), NetMovement("SCU", 0, CENTRAL_BANK_B)]
    told = {"cycle": "C-7", "settlement_date": TODAY}
    assert builders.build_cycle_result(SCHEME, **FRAME, **told, movements=flat) is None


def test_movement_keeps_its_id_whoever_is_told_and_whatever_else_moves() -> None:
    first = requests_of(result(CLAIM, DEBT))[0]
    again = requests_of(
        result(NetMovement("KWD", 1, BANK_A), CLAIM, NetMovement("KWD", -1, CENTRAL_BANK_B), DEBT)
    )
    assert [each.record_id for each in again[1].movements] == [each.record_id for each in first.movements]


def test_control_sum_is_left_out_where_the_standard_has_too_few_digits() -> None:
    most = 10**18 - 1
    big = [NetMovement("SCU", most, CENTRAL_BANK_A), NetMovement("SCU", -most, CENTRAL_BANK_B)]
    assert b"CtrlSum" not in result(*big)
    assert requests_of(result(*big))[0].movements[1].amount_minor == -most
    assert b"<CtrlSum>0.001</CtrlSum>" in result(CLAIM, DEBT)


WRONG: list[tuple[str, list[NetMovement]]] = [
    ("more than one account", [CLAIM]),
    ("in one currency", [CLAIM, replace(DEBT, currency="KWD")]),
    ("something on every account", [CLAIM, DEBT, replace(CLAIM, amount_minor=0)]),
    ("claims and debts", [CLAIM, replace(DEBT, amount_minor=-4)]),
    ("ids of their own", [replace(CLAIM, record_id="X"), replace(DEBT, record_id="X")]),
    ("is explained", [replace(CLAIM, record_id="X", turnover=Turnover(4)), DEBT]),
    (
        "18 digits",
        [replace(CLAIM, amount_minor=10**18, record_id="X"), replace(DEBT, amount_minor=-(10**18))],
    ),
]


@pytest.mark.parametrize(("claim", "movements"), WRONG)
def test_request_that_would_not_settle_is_never_written(claim: str, movements: list[NetMovement]) -> None:
    request = MultilateralSettlementRequest(1, "I", movements=movements)
    with pytest.raises(InvariantBroken, match=claim):
        builders.build_settlement_request(SCHEME, **FRAME, requests=[request])


def test_message_without_a_request_or_with_the_same_one_twice_is_never_written() -> None:
    for requests, claim in (([], "asks for something"), ([UNIT_RESULT, UNIT_RESULT], "ids of their own")):
        with pytest.raises(InvariantBroken, match=claim):
            builders.build_settlement_request(SCHEME, **FRAME, requests=requests)


# --- rules ------------------------------------------------------------------------------------------


def test_AM19() -> None:
    assert places(changed("<NbOfSttlmReqs>2<", "<NbOfSttlmReqs>02<")) == []
    assert places(changed("<NbOfSttlmReqs>2<", "<NbOfSttlmReqs>3<")) == [("AM19", "GrpHdr/NbOfSttlmReqs")]


def test_AM10_counts_all_movements_whatever_their_direction() -> None:
    assert places(changed("<CtrlSum>400.002<", "<CtrlSum>+400.0020<")) == []
    assert places(changed("<CtrlSum>400.002<", "<CtrlSum>0<")) == [("AM10", "GrpHdr/CtrlSum")]
    assert places(without_sum(EXAMPLE)) == []


def test_DU05_of_requests() -> None:
    raw = changed("<InstrId>KWD-C-2026-11-23/1<", "<InstrId>SCU-C-2026-11-23/1<")
    # Whose explanation is whose cannot be told either.
    assert ("DU05", "SttlmReq[2]/InstrId") in places(raw)
    assert [code for code, _ in places(raw)] == ["CH16", "CH16", "DU05"]


def test_AM20() -> None:
    assert places(changed("<NbOfMvmntRcrds>3</NbOfMvmntRcrds>", "")) == []
    assert places(changed("<NbOfMvmntRcrds>3<", "<NbOfMvmntRcrds>2<")) == [
        ("AM20", "SttlmReq[1]/NbOfMvmntRcrds")
    ]


def test_AM11_of_movements() -> None:
    one = changed('"KWD">0.001</Amt><CdtDbt>CRDT', '"OMR">0.001</Amt><CdtDbt>CRDT')
    assert places(one) == [("AM11", "SttlmReq[2]/MvmntRcrd[2]/Amt/Amt/@Ccy")]
    unknown = EXAMPLE.replace(b'"KWD"', b'"QQQ"')
    assert places(unknown) == [("AM11", "SttlmReq[2]/MvmntRcrd[1]/Amt/Amt/@Ccy")]


@pytest.mark.parametrize(
    "amount", ["0", "-0", "0.0000", "200.00000", "0" * 5_000 + "200", "99999999999999999"]
)
def test_AM12_of_movements(amount: str) -> None:
    raw = without_sum(changed(">200.0000<", f">{amount}<"))
    assert places(raw) == [("AM12", "SttlmReq[1]/MvmntRcrd[2]/Amt/Amt")]


def test_CH21_of_a_movement_without_direction() -> None:
    assert places(changed("<CdtDbt>DBIT</CdtDbt>", "")) == [("CH21", "SttlmReq[1]/MvmntRcrd[2]/Amt")]


def test_RC05() -> None:
    party = f"<Ptcpt><Id><OrgId><AnyBIC>{CENTRAL_BANK_C}</AnyBIC></OrgId></Id></Ptcpt>"
    assert places(changed(party, "<Ptcpt><Nm>Somebody</Nm></Ptcpt>")) == [
        ("RC05", "SttlmReq[1]/MvmntRcrd[3]/Ptcpt")
    ]
    assert places(changed("TSVABYM1XXX", "TSVAQQM1XXX")) == [
        ("RC05", "SttlmReq[1]/MvmntRcrd[1]/SttlmAgt/Id/OrgId/AnyBIC")
    ]


def test_RF01_of_movements() -> None:
    assert places(changed("<Id>K2<", "<Id>K1<")) == [("RF01", "SttlmReq[2]/MvmntRcrd[2]/Id")]


def test_AM17() -> None:
    raw = without_sum(changed('"KWD">0.001</Amt><CdtDbt>CRDT', '"KWD">0.003</Amt><CdtDbt>CRDT'))
    assert places(raw) == [("AM17", "SttlmReq[2]/MvmntRcrd")]
    (refusal,) = read(raw).transactions[1].refusals
    assert refusal.what == "The claims exceed the debts by 0.002 KWD."


AT = "SplmtryData/Envlp/ClearingCycle/"
EXPLAINED = "<InstrId>SCU-C-2026-11-23/1</InstrId><SettlementDate>"
MISREAD = [
    (EXPLAINED, "<InstrId>X</InstrId><SettlementDate>", 2, "Request[1]/InstrId"),
    ("<Id>SCU-2</Id><Payments>", "<Id>SCU-1</Id><Payments>", 1, "Request[1]/Position[2]/Id"),
    ("<Id>SCU-2</Id><Payments>", "<Id>X</Id><Payments>", 1, "Request[1]/Position[2]/Id"),
    ("<Received>300.0000<", "<Received>300.00000<", 1, "Request[1]/Position[1]"),
    ("<Received>300.0000<", f"<Received>{10**30}<", 1, "Request[1]/Position[1]"),
    ("<BroughtForward>-4.0000<", f"<BroughtForward>-{10**30}<", 1, "Request[1]/Position[1]"),
    ("<Received>300.0000<", "<Received>-1<", 2, "Request/Position[1]/Received"),
    ("<Payments>7<", "<Payments>7.5<", 2, "Request/Position[1]/Payments"),
    ("<SettlementDate>2026-11-23<", "<SettlementDate>2026-11-23Z<", 2, "Request/SettlementDate"),
    ("<SettlementDate>2026-11-23<", "<SettlementDate>2026-02-30<", 2, "Request/SettlementDate"),
    ("<Charges>0.0001</Charges>", "<Gift>1</Gift>", 2, "Request/Position[1]/Gift"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "count", "where"), MISREAD)
def test_CH16_of_a_supplement(old: str, new: str, count: int, where: str) -> None:
    raw = changed(old, new)
    assert places(raw) == [("CH16", AT + where)] * count
    assert decode_parsed(encode_parsed([read(raw)])) == [read(raw)]


@pytest.mark.parametrize(
    ("old", "new", "movement"),
    [
        ("<CarriedForward>1.0001<", "<CarriedForward>1.0002<", 1),
        ("<Payments>7<", "<Payments>8<", 1),
        ("<Payments>2</Payments><Received>0.0000<", "<Payments>2</Payments><Received>0.0001<", 1),
        ("<Paid>300.0000<", "<Paid>300.0001<", 2),
    ],
)
def test_AM09(old: str, new: str, movement: int) -> None:
    assert places(changed(old, new)) == [("AM09", f"SttlmReq[1]/MvmntRcrd[{movement}]/Amt")]


def test_AM09_of_two_that_tell_different_things_of_each_other() -> None:
    def between(paid: int) -> list[NetMovement]:
        return [
            replace(
                CLAIM, turnover=Turnover(9, 4, 3, counterparties=[Counterparty(CENTRAL_BANK_B, 9, 4, 3)])
            ),
            replace(
                DEBT,
                turnover=Turnover(
                    paid - 5, paid, 3, counterparties=[Counterparty(CENTRAL_BANK_A, paid - 5, paid, 3)]
                ),
            ),
        ]

    assert list(unexplained(between(9))) == []
    assert [place for place, _ in unexplained(between(10))] == [1, 2]
    raw = result(*between(9))
    assert places(raw) == []
    other = raw.replace(b"<Received>0.0004<", b"<Received>0.0005<").replace(
        b"<Paid>0.0009<", b"<Paid>0.0010<"
    )
    assert places(other) == [("AM09", "SttlmReq/MvmntRcrd[1]/Amt")]


# --- what others write ------------------------------------------------------------------------------


def test_supplementary_data_of_others_is_passed_over() -> None:
    raw = changed(CLEARING_CYCLE, "urn:example:other")
    first, _ = requests_of(raw)
    assert first.settlement_date is None and all(each.turnover is None for each in first.movements)
    assert imbalance(first.movements) == 0


def test_message_without_what_is_optional_is_read() -> None:
    raw = (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.029.001.02"><MulSttlmReq>'
        f"<GrpHdr><MsgId>M</MsgId><CreDtTm>{NOON}</CreDtTm><NbOfSttlmReqs>1</NbOfSttlmReqs></GrpHdr>"
        "<SttlmReq><InstrId>I</InstrId>"
        + "".join(
            f'<MvmntRcrd><Id>{name}</Id><Amt><Amt Ccy="KZT">1</Amt><CdtDbt>{way}</CdtDbt></Amt>'
            f"<Ptcpt><Id><OrgId><AnyBIC>{BANK_A}</AnyBIC></OrgId></Id></Ptcpt></MvmntRcrd>"
            for name, way in (("A", "CRDT"), ("B", "DBIT"))
        )
        + "</SttlmReq></MulSttlmReq></Document>"
    )
    (request,) = requests_of(raw.encode())
    assert [each.amount_minor for each in request.movements] == [100, -100]
    assert (request.cycle, request.stated_movements, request.settle_till) == (None, None, None)


def test_message_that_breaks_its_schema_is_answered_under_its_id() -> None:
    message = read(changed("<CdtDbt>DBIT<", "<CdtDbt>DEBT<"))
    assert (message.message_id, message.refusals[0].reason) == ("OUT-1", "FF01")
    one = read(
        EXAMPLE[: EXAMPLE.index(b"<MvmntRcrd><Id>K2")] + EXAMPLE[EXAMPLE.index(b"</SttlmReq><SplmtryData>") :]
    )
    assert [each.reason for each in one.refusals] == ["FF01"]


# --- properties -------------------------------------------------------------------------------------

BICS = [f"CB{letter}AKZ20XXX" for letter in "ABCDEFGH"]
TEXT = st.text(min_size=1, max_size=60) | st.sampled_from(["&<>\"'", "]]>", "تسوية", "a\r\nb", "\ud800"])


@st.composite
def cycles(draw: st.DrawFn) -> list[NetMovement]:
    """The movements of a cycle drawn payment by payment: whom each paid, and what it carries forward."""
    parties = BICS[: draw(st.integers(2, len(BICS)))]
    party = st.integers(0, len(parties) - 1)
    gross: dict[tuple[str, str], list[int]] = {}
    for payer, payee, amount in draw(st.lists(st.tuples(party, party, st.integers(1, 10**9)), max_size=20)):
        if payer != payee:
            gross.setdefault((parties[payer], parties[payee]), []).append(amount)
    # A chain of transfers, so that what is brought and carried forward adds up to nought as well.
    steps = draw(st.lists(st.integers(-(10**6), 10**6), min_size=len(parties) - 1, max_size=len(parties) - 1))
    carried = [here - before for before, here in zip([0, *steps], [*steps, 0], strict=True)]
    movements = []
    for me, carry in zip(parties, carried, strict=True):
        with_whom = []
        for other in parties:
            got, gave = gross.get((other, me), []), gross.get((me, other), [])
            if got or gave:
                with_whom.append(Counterparty(other, sum(got), sum(gave), len(got) + len(gave)))
        turnover = Turnover(
            sum(each.received_minor for each in with_whom),
            sum(each.paid_minor for each in with_whom),
            sum(each.payments for each in with_whom),
            carried_forward_minor=carry,
            counterparties=with_whom,
        )
        movements.append(NetMovement("SCU", turnover.movement_minor, me, turnover=turnover))
    return movements


@settings(max_examples=60, deadline=None)
@given(cycles(), st.text("ABC-19/", min_size=1, max_size=35))
def test_every_cycle_is_read_back_as_it_was_told_and_adds_up(
    movements: list[NetMovement], cycle: str
) -> None:
    assert imbalance(movements) == 0
    told = [each for each in movements if each.amount_minor]
    if not told:
        return
    raw = result(*movements, cycle=cycle)
    assert raw == result(*movements, cycle=cycle)
    (request,) = requests_of(raw)
    assert imbalance(request.movements) == 0 and not list(unexplained(request.movements))
    facts = [(each.participant, each.amount_minor, each.turnover) for each in request.movements]
    assert facts == [(each.participant, each.amount_minor, each.turnover) for each in told]


@settings(max_examples=60, deadline=None)
@given(cycles(), st.data())
def test_no_cycle_passes_from_which_a_figure_was_taken(
    movements: list[NetMovement], data: st.DataObject
) -> None:
    told = [each for each in movements if each.amount_minor]
    if not told:
        return
    raw = result(*movements).decode()
    amounts = [
        each.text for each in etree.fromstring(raw).iter("{*}Amt", "{*}Received", "{*}Paid") if each.text
    ]
    figure = data.draw(st.sampled_from(amounts))
    start = raw.index(f">{figure}<")
    wrong = f"{raw[:start]}>{float(figure) + 1:.4f}<{raw[start + len(figure) + 2 :]}"
    codes = {code for code, _ in places(wrong.encode())}
    assert codes & {"AM17", "AM09", "AM10"}, codes


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXT, min_size=6, max_size=6))
def test_any_text_is_written_so_that_the_schema_accepts_it(texts: list[str]) -> None:
    cycle, date, account, agent_account, reference, message_id = texts
    movements = [
        replace(each, account=account, settlement_agent_account=agent_account) for each in (CLAIM, DEBT)
    ]
    movements[0] = replace(movements[0], reference=reference, turnover=Turnover(5))
    raw = builders.build_cycle_result(
        SCHEME, message_id=message_id, created_at=NOON, cycle=cycle, settlement_date=date, movements=movements
    )
    assert raw is not None and validate(etree.fromstring(raw), "pacs.029.001.02") == []
