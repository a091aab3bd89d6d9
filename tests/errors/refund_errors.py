"""What is refused of corrections, refunds and drawbacks in a union at work: one small act each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from customs_acts import (
    CHIEF,
    KZ,
    OFFICER,
    asked,
    corrected,
    granted,
    released,
    with_refunds,
)
from customs_union import TRADER, CustomsUnion
from exchange_union import A
from refused_payments import latest_refusal

from tasviya.cli.main import app as commands
from tasviya.core.errors import OperatorError, Refusal
from tasviya.customs.refund import LineUse
from tasviya.services.corrections import CORRECTION_CODES, request_refund
from tasviya.services.drawbacks import DRAWBACK_CODES, draw_back
from tasviya.services.quotas import QUOTA_CODES, allocate_day, secure_quota
from tasviya.services.refunds import REFUND_CODES, Payee, order_payment

Act = Callable[[CustomsUnion], object]
RULES = CORRECTION_CODES | REFUND_CODES | DRAWBACK_CODES | QUOTA_CODES


def without_reason(union: CustomsUnion) -> None:
    mrn = released(union)
    union.ok(lambda work: first(request_refund(work, mrn, {"VAT": 50_00}, TRADER, "")))


def first(found: object) -> object:
    return found[0] if isinstance(found, list) else found


def twice(union: CustomsUnion) -> None:
    reference = asked(union, released(union), "500.00").reference
    granted(union, reference)
    granted(union, reference)


def on_another_version(union: CustomsUnion) -> None:
    mrn = released(union)
    reference = asked(union, mrn, "500.00").reference
    corrected(union, mrn, "1500.00")
    granted(union, reference)


def on_its_way(union: CustomsUnion) -> None:
    mrn = released(union)
    claim = corrected(union, mrn, "1500.00").claim
    assert claim is not None
    reference = asked(union, mrn, "1000.00").reference
    union.pay(
        A, KZ, "116.00", remittance=f"/MRN/{claim.reference}", priority="NORM", settlement_date="2026-09-30"
    )
    union.settle()
    granted(union, reference)


def to_a_stranger(union: CustomsUnion) -> None:
    reference = asked(union, released(union), "500.00").reference
    granted(union, reference)
    to = Payee("STRGKZ20XXX", "PAYEE-7", "A trader")
    union.ok(lambda work: order_payment(work, union.scheme, reference, to, CHIEF))


def drawn(*uses: tuple[str, int, int]) -> Act:
    def act(union: CustomsUnion) -> None:
        mrn = released(union, price="500.00") if uses else ""
        export = union.lodge(number="X-1", kind="export").mrn
        named = [LineUse(mrn, item, quantity) for _, item, quantity in uses]
        union.ok(lambda work: draw_back(work, export, named, TRADER, "built into machines"))

    return act


def no_quota(union: CustomsUnion) -> None:
    mrn = union.lodge().mrn
    union.ok(lambda work: secure_quota(work, mrn, "26KZ0000000000017", TRADER))


def at_work(*words: str) -> Callable[[Path], object]:
    """A command of customs in a union at work."""

    def act(directory: Path) -> None:
        union = CustomsUnion(directory)
        commands(["customs", *words, "--home", str(union.home.root)], standalone_mode=False)

    return act


MRN = "26KZ000000000001R2"
WHO = ("--as", TRADER, "--reason", "a slip")
REFUND_COMMANDS: list[tuple[str, str, str, Callable[[Path], object]]] = [
    ("bad_refund", "A refund is asked for, and paid, in one way.",
     "Ask for a refund and say neither how the declaration should be nor amounts",
     at_work("refund", "ask", MRN, *WHO)),
    ("bad_use", "A use of an import is MRN/ITEM=QUANTITY.", "Name a use without a quantity",
     at_work("drawback", MRN, "--use", f"{MRN}/1", *WHO)),
    ("bad_payment", "A claim is paid in one way.", "Pay from a cash account and defer at once",
     at_work("pay", MRN, "--cash", "--defer", "26KZ0000000000017", "--as", TRADER)),
]  # fmt: skip
REFUND_CASES: list[tuple[str, str, str, Act]] = [
    ("RD01", "Ask for a refund of goods that are not released", "mrn",
     lambda u: asked(u, u.lodge().mrn, {"VAT": 50_00})),
    ("RD02", "Ask for a refund and say no reason", "reason", without_reason),
    ("RD02", "Ask for a refund by which duty rises", "DUTY", lambda u: asked(u, released(u), "1500.00")),
    ("RD03", "Ask for less than the law gives back", "mrn", lambda u: asked(u, released(u), {"VAT": 9_99})),
    ("RD04", "Grant a refund twice", "reference", twice),
    ("RD05", "Grant a refund of what has been corrected since", "reference", on_another_version),
    ("RD06", "Take a demand back while a payment for it is on its way", "mrn", on_its_way),
    ("RD07", "Grant a refund that was never asked for", "reference",
     lambda u: granted(u, "26KZ000000000099R0-R1")),
    ("RD08", "Pay a refund to a bank that is no participant", "bank", to_a_stranger),
    ("RD09", "Ask for drawback and name no import", "uses", drawn()),
    ("RD10", "Ask for drawback of so little that nothing comes of it", "uses", drawn(("", 1, 1))),
    ("TQ01", "Allocate the quotas of a day that is not over", "on",
     lambda u: u.ok(lambda work: allocate_day(work, "KZ", date(2026, 9, 29), OFFICER))),
    ("TQ02", "Secure the quota of goods that claim none", "mrn", no_quota),
]  # fmt: skip


def refusal_of_refund(act: Act, directory: Path) -> Refusal:
    """What stopped an act in a union with a law on refunds."""
    union = CustomsUnion(directory)
    union.at("10:30").settle()
    with_refunds(union)
    try:
        act(union)
    except OperatorError as error:
        return error.refusal
    raise AssertionError("nothing was refused")


def refusal_of_return(directory: Path) -> Refusal:
    """How customs' return of a payment that has met a claim is refused."""
    union = CustomsUnion(directory)
    union.at("10:30").settle()
    mrn = union.lodge().mrn
    paid = union.pay(A, KZ, "232.00", remittance=f"/MRN/{mrn}")
    union.settle()
    union.give_back(KZ, paid, "232.00")
    union.settle()
    return latest_refusal(union)
