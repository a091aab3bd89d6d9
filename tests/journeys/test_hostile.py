"""Whatever a bank sends, its neighbours' payments settle and nothing stops the system.

Each case is valid by its schema, or close to it, and odd in one way; behind it, in the same batch, another
bank sends a good payment.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from small_union import CENTRAL_BANK, UNION, A, B, C, D, SmallUnion, minor

from tasviya.messages import builders
from tasviya.messages.model import Acknowledgement, Recall, RecallAnswer, Return, StatusRequest
from tasviya.messages.multilateral import NetMovement

Act = Callable[[SmallUnion], object]


def changed(old: str, new: str, **changes: object) -> Act:
    """A payment in which a text is replaced."""

    def act(union: SmallUnion) -> None:
        raw = union.message(union.transfer(C, B, 1, **changes))
        assert old.encode() in raw, old
        union.send(C, raw.replace(old.encode(), new.encode()))

    return act


def raw(content: bytes, name: str = "") -> Act:
    return lambda union: union.send(C, content, name)


def requests(*asked: StatusRequest) -> Act:
    return lambda union: union.send(
        C, builders.build_status_request(union.scheme, **union.frame(), requests=list(asked))
    )


def recalls(*asked: Recall) -> Act:
    def act(union: SmallUnion) -> None:
        frame = union.frame() | {"assigner": C, "assignee": "TSVOKZ20XXX"}
        union.send(C, builders.build_recall(union.scheme, **frame, recalls=list(asked)))

    return act


def answers(*told: RecallAnswer) -> Act:
    def act(union: SmallUnion) -> None:
        frame = union.frame() | {"assigner": C, "assignee": "TSVOKZ20XXX"}
        union.send(
            C,
            builders.build_recall_answer(
                union.scheme, **frame, status="RJCR", case_id="X", answers=list(told)
            ),
        )

    return act


def returned(**facts: object) -> Act:
    def act(union: SmallUnion) -> None:
        each = Return(**({"position": 1, "currency": "KZT", "amount_minor": 1, "return_id": "R"} | facts))  # type: ignore[arg-type]
        raw = builders.build_return(union.scheme, **union.frame(), returns=[each])
        union.send(C, raw)

    return act


def cycle_result(old: bytes = b"", new: bytes = b"") -> Act:
    """What only the system tells, told to the system; in it a text is replaced."""

    def act(union: SmallUnion) -> None:
        movements = [NetMovement("KZT", 100, C), NetMovement("KZT", -100, B)]
        cycle = {"cycle": "C-1", "settlement_date": "2026-09-29", "movements": movements}
        raw = builders.build_cycle_result(union.scheme, **union.frame(), **cycle)
        assert raw is not None and old in raw
        union.send(C, raw.replace(old, new))

    return act


def odd_folder(union: SmallUnion) -> None:
    folder = union.home.inbox / "not a BIC & more"
    folder.mkdir()
    (folder / "payment.xml").write_bytes(union.message(union.transfer(C, B, 1)))


def folders_and_drafts(union: SmallUnion) -> None:
    (union.home.inbox / C / "a folder.xml").mkdir(parents=True)
    (union.home.inbox / C / ".draft.xml").write_bytes(b"half")
    (union.home.inbox / C / "alone.xml.sig").write_bytes(b"a signature of nothing")
    (union.home.inbox / "a file where folders are").write_bytes(b"")


def impostor(union: SmallUnion) -> None:
    from tasviya.messages.model import Header

    header = Header(D, "TSVOKZ20XXX", "FALSE", "pacs.008.001.08", created_at="2026-09-29T10:00:00Z")
    document = union.message(union.transfer(D, B, 1), message_id="FALSE")
    union.send(C, builders.envelope([(header, document)]))


UETR = "5e771e00-0000-4000-8000-999999999999"
ORIGINAL = {"original_message_id": "NONE", "original_message_type": "pacs.008.001.08"}
DATE = "<IntrBkSttlmDt>2026-09-29<"
CASES: dict[str, Act] = {
    "no bytes": raw(b""),
    "not XML": raw(b"\x00\xff\xfe"),
    "half a file": raw(b"<?xml version='1.0'?><Document><FIToFI"),
    "a date with a zone": changed(DATE, "<IntrBkSttlmDt>2026-09-29+05:00<"),
    "the first date": changed(DATE, "<IntrBkSttlmDt>0001-01-01<"),
    "the last date": changed(DATE, "<IntrBkSttlmDt>9999-12-31<"),
    "a date beyond": changed(DATE, "<IntrBkSttlmDt>12026-09-29<"),
    "a date before all": changed(DATE, "<IntrBkSttlmDt>-2026-09-29<"),
    "spaces around a date": changed(DATE, "<IntrBkSttlmDt> 2026-09-29 <"),
    "midnight of the day after": changed("<TillTm>10:00:00Z<", "<TillTm>24:00:00<", settle_till="10:00:00Z"),
    "an exact time": changed("<TillTm>10:00:00Z<", "<TillTm>10:00:00.1234567890<", settle_till="10:00:00Z"),
    "a time far east": changed("<TillTm>10:00:00Z<", "<TillTm>10:00:00+14:00<", settle_till="10:00:00Z"),
    "an amount in gold": changed('Ccy="KZT"', 'Ccy="XAU"'),
    "an amount in no currency": changed('Ccy="KZT"', 'Ccy="XXX"'),
    "an amount with spaces": changed(">1.00</IntrBk", "> 1.00 </IntrBk"),
    "an amount with a plus": changed(">1.00</IntrBk", ">+1.00</IntrBk"),
    "an amount of nothing but zeros": changed(">1.00<", ">" + "0" * 400 + "<"),
    "the largest amount": changed(">1.00<", ">999999999999999999<"),
    "no id worth the name": changed("<MsgId>", "<MsgId> "),
    "a payee's bank nobody knows": lambda u: u.pay(C, "NOBDKZ20XXX", 1),
    "the operator is paid": lambda u: u.pay(C, "TSVOKZ20XXX", 1),
    "the settlement institution is paid": lambda u: u.pay(C, CENTRAL_BANK, 1),
    "the settlement institution pays": lambda u: u.pay(CENTRAL_BANK, C, 1),
    "an intermediary that is the payer": lambda u: u.pay(C, "NOBDKZ20XXX", 1, intermediary_agents=(C,)),
    "an intermediary that is the payee": lambda u: u.pay(C, B, 1, intermediary_agents=(B,)),
    "an instructed agent nobody knows": lambda u: u.pay(C, B, 1, instructed_agent="NOBDKZ20XXX"),
    "an intermediary without an account": lambda u: u.pay(C, "EPSIOM20XXX", 1, intermediary_agents=(D,)),
    "a question about nothing": requests(StatusRequest(0, **ORIGINAL)),
    "a question without a question": requests(),
    "a question about everything": requests(StatusRequest(1, original_end_to_end_id="NOTPROVIDED")),
    "a recall of nothing": recalls(Recall(1, original_uetr=UETR)),
    "a recall without a name": recalls(Recall(1, case_id="C")),
    "a recall of an unknown message": recalls(Recall(0, **ORIGINAL)),
    "an answer to no recall": answers(RecallAnswer(1, "ACCR", original_uetr=UETR)),
    "an answer without a payment": answers(),
    "a return of nothing": returned(original_uetr=UETR, settlement_date="2026-09-29"),
    "a return without a date": returned(original_uetr=UETR),
    "a return in gold": returned(original_uetr=UETR, currency="XAU", settlement_date="2026-09-29"),
    "a return without a name": returned(settlement_date="2026-09-29"),
    "liquidity to nowhere": lambda u: u.move(C, "ACCCKZT", "NOWHERE", 1),
    "liquidity in gold": lambda u: u.move(C, "ACCCKZT", "ACCBKZT", "1", "OMR"),
    "a statement of nothing": lambda u: u.ask_report(C, "NOWHERE", "camt.053.001.08"),
    "a statement before any day has closed": lambda u: u.ask_report(C, "ACCCKZT", "camt.053.001.08"),
    "an acknowledgement": lambda u: u.send(
        C, builders.build_acknowledgement(u.scheme, **u.frame(), reference="TSV000000000001")
    ),
    "a cycle's result": cycle_result(),
    "a cycle's result that does not add up": cycle_result(b"<CdtDbt>DBIT", b"<CdtDbt>CRDT"),
    "a cycle's result without its movements": cycle_result(b"<MvmntRcrd>", b"<Mvmnt>"),
    "an impostor": impostor,
    "an odd folder": odd_folder,
    "folders, drafts and signatures alone": folders_and_drafts,
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_odd_file_harms_nobody(open_union: SmallUnion, case: str) -> None:
    before = open_union.balance(C)
    CASES[case](open_union)
    good = open_union.pay(A, B, 10)
    open_union.settle()
    assert open_union.statuses(A, good) == ["ACSC"]
    assert open_union.balance(B) in (minor(110), minor(111))
    assert before - open_union.balance(C) in (0, minor(1))
    assert not [
        each for each in (open_union.home.inbox / C).glob("*.xml") if each.is_file() and each.name[0] != "."
    ]
    answered = [file.read_bytes() for file in open_union.home.outbox.rglob("*.xml")]
    assert all(b"<Message>" in each for each in answered), "no letter is empty"


@pytest.mark.parametrize("case", [case for case in CASES if "folder" not in case and "impostor" not in case])
def test_odd_file_is_answered(open_union: SmallUnion, case: str) -> None:
    CASES[case](open_union)
    open_union.settle()
    assert open_union.told(C, "") or open_union.told(CENTRAL_BANK, ""), "somebody hears of it"


def test_cycle_result_that_a_bank_sends_is_acknowledged_and_moves_nothing(open_union: SmallUnion) -> None:
    before = open_union.balance(C)
    cycle_result()(open_union)
    open_union.settle()
    (message,) = open_union.told(C, "admi.007")
    (told,) = message.transactions
    assert isinstance(told, Acknowledgement) and told.reference_type == "pacs.029.001.02"
    assert open_union.balance(C) == before


def test_sums_beyond_63_bits_are_kept_and_told(tmp_path: Path) -> None:
    """Two banks hold nearly 2^63 minor units each, and one pays the other."""
    text = UNION.read_text(encoding="utf-8")
    for line in ("payment_limits.KZT = 1_000_000\n", "payment_limits.KZT = 50_000\n"):
        assert line in text
        text = text.replace(line, "")
    for code in ("A", "D"):
        head, mark, rest = text.partition(f'accounts.KZT = "ACC{code}KZT"\n')
        text = (
            head
            + mark
            + rest.replace(
                "opening_balances.KZT = 1_000\n", "opening_balances.KZT = 92_233_720_368_547_000\n", 1
            )
        )
    file = tmp_path / "union.toml"
    file.write_text(text, encoding="utf-8")
    union = SmallUnion(tmp_path / "home", union=file).at("10:00").settle()
    paid = [union.pay(A, D, 9_999_999_999_999_999, priority="URGT") for _ in range(9)]
    union.settle()
    assert {union.status(each) for each in paid} == {"settled"}
    assert union.books()["KZ-D/KZT/settlement/"] > 2**63
    union.at("18:30").settle()
    union.at("09:00", "2026-09-30").settle()
    assert union.told(D, "camt.054")
