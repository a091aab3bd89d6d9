"""What customs refuse in a union at work: one small act each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

from controlled import certified, licensed, preferential, preferring
from customs_union import CUSTOMS, LAW, MEASURES, TRADER, CustomsUnion, declaration
from exchange_union import A
from refused_payments import latest_refusal

from tasviya.core.currencies import currency
from tasviya.core.errors import OperatorError, Refusal, accepted
from tasviya.core.money import Money
from tasviya.customs.claim import CLAIM_CODES, Claim, ClaimKind, fits
from tasviya.customs.formats import declaration_json
from tasviya.customs.revenue import ShareKey
from tasviya.membership.roles import ROLE_CODES
from tasviya.services.certificate_uses import USE_CODES
from tasviya.services.certificates import verify
from tasviya.services.guarantees import GUARANTEE_AT_WORK_CODES, take
from tasviya.services.licences import LICENCE_AT_WORK_CODES
from tasviya.services.lodging import LODGING_CODES, Lodging, amend, invalidate, lift, lodge
from tasviya.services.revenue_sharing import SHARING_CODES, distribute
from tasviya.services.securing import SECURING_CODES, charge, defer, pay_from_cash
from tasviya.services.tariffs import TARIFF_CODES, draft, publish

Act = Callable[[CustomsUnion], object]
DAY = date(2026, 12, 1)
RULES = ROLE_CODES | LODGING_CODES | TARIFF_CODES | CLAIM_CODES | GUARANTEE_AT_WORK_CODES
RULES |= SECURING_CODES | SHARING_CODES | LICENCE_AT_WORK_CODES | USE_CODES
KZ_LAW = LAW.replace("{member}", "KZ").replace("{currency}", "KZT")


def lodged(member: str = "KZ", actor: str = TRADER, body: bytes = b"") -> Act:
    def act(union: CustomsUnion) -> None:
        raw = body or declaration()
        declared = declaration_json.read(raw)
        assert not isinstance(declared, list)
        union.ok(lambda work: lodge(work, Lodging(member, declared, raw, actor)))

    return act


def again(union: CustomsUnion) -> None:
    union.lodge()
    union.lodge(price="2000.00")


def released_twice(union: CustomsUnion) -> None:
    mrn = union.lodge(goods="490110").mrn
    union.ok(lambda work: invalidate(work, mrn, TRADER, "a slip"))


def not_held(union: CustomsUnion) -> None:
    mrn = union.lodge().mrn
    union.ok(lambda work: lift(work, mrn, "RED", "KZ.officer.1", "as declared"))


def without_reason(union: CustomsUnion) -> None:
    mrn, body = union.lodge().mrn, declaration(price="2000.00")
    declared = declaration_json.read(body)
    assert not isinstance(declared, list)

    def act(work: object) -> object:
        found = amend(work, mrn, declared, body, "KZ.officer.1")  # type: ignore[arg-type]
        return found[0] if isinstance(found, list) else found

    union.ok(act)


def unpublished(union: CustomsUnion) -> None:
    with_work = union.ok(lambda work: draft(work, "KZ", KZ_LAW, MEASURES, DAY, "KZ.tariff.1"))
    union.ok(lambda work: publish(work, "KZ", with_work.digest, "KZ.tariff.1"))


def late(union: CustomsUnion) -> None:
    union.lodge()
    made = union.ok(lambda work: draft(work, "KZ", KZ_LAW, MEASURES, date(2026, 9, 29), "KZ.tariff.1"))
    union.ok(lambda work: publish(work, "KZ", made.digest, "KZ.tariff.2"))


def no_tariff(union: CustomsUnion) -> None:
    made = union.lodge("OM")
    assert made is None


def unfit(**facts: object) -> Act:
    def act(_: CustomsUnion) -> None:
        claim = Claim("26KZ000000000001R2", ClaimKind.DECLARATION, "", "KZ", TRADER, "KZT", {"VAT": 100}, 0)
        for name, value in facts.items():
            setattr(claim, name, value)
        minor, money = facts.get("_minor", 101), currency(str(facts.get("_money", "KZT")))
        refusal = fits(claim, int(str(minor)), money)
        assert refusal is not None
        accepted(refusal)

    return act


def other_claim(_: CustomsUnion) -> None:
    claim = Claim("26KZ000000000001R2", ClaimKind.DECLARATION, "", "KZ", TRADER, "KZT", {"VAT": 100}, 0)
    refusal = fits(claim, 1, currency("INR"))
    assert refusal is not None
    accepted(refusal)


def guaranteed(union: CustomsUnion, guarantor: str = "KZ-A") -> str:
    line, valid = Money(500_00, currency("KZT")), (date(2026, 1, 1), date(2026, 12, 31))
    made = union.ok(lambda work: take(work, "KZ", guarantor, TRADER, line, valid, ("KZ",), "KZ.chief"))
    return made.grn


def part_paid(union: CustomsUnion) -> None:
    grn, mrn = guaranteed(union), union.lodge().mrn
    union.pay(A, CUSTOMS["KZ"], "1.00", remittance=f"/MRN/{mrn}")
    union.settle()
    union.ok(lambda work: defer(work, mrn, grn, TRADER))


def from_empty_account(union: CustomsUnion) -> None:
    mrn = union.lodge().mrn
    union.ok(lambda work: pay_from_cash(work, mrn, TRADER))


def charged_ahead(union: CustomsUnion) -> None:
    days = (date(2026, 10, 1), date(2026, 10, 15))
    union.ok(lambda work: charge(work, "KZ", *days, "KZ.officer.1"))


def strangers(union: CustomsUnion) -> None:
    key = ShareKey(DAY, ("KZ", "XX"), {"KZ": Decimal(50), "XX": Decimal(50)})
    union.ok(lambda work: distribute(work, "KZ", key, {}, "KZ.chief"))


def of_another_origin(union: CustomsUnion) -> None:
    preferential(union)
    number = certified(union)
    lodged = union.lodge(**preferring(number, origin="OM"))
    (fault,) = lodged.faults
    raise OperatorError(fault.code, fault.what, fault.cure, fault.where)


LODGING_CASES: list[tuple[str, str, str, Act]] = [
    ("RO01", "Lodge another's declaration without a role", "actor", lodged(actor="somebody")),
    ("RO02", "Publish one's own draft of a tariff", "actor", unpublished),
    ("CU01", "Ask for an MRN that was never given", "mrn",
     lambda u: u.ok(lambda work: invalidate(work, "26KZ000000000099R0", TRADER, "a slip"))),
    ("CU02", "Ask for the tariff of a day before the first", "member",
     lambda u: u.ok(lambda work: work.memory.customs.in_force("KZ", date(2025, 12, 31)))),
    ("CU03", "Lodge in a member whose customs has no account", "member", no_tariff),
    ("CU04", "Use a number again for other goods", "lrn", again),
    ("CU05", "Invalidate what has been released", "mrn", released_twice),
    ("CU05", "Lift a hold that is not there", "hold", not_held),
    ("CU05", "Amend another's declaration as an officer, and say no reason", "reason", without_reason),
    ("CU06", "Lodge without a declarant", "declarant.id", lodged(body=declaration(declarant=""))),
    ("CU07", "Draft a tariff of another member", "member", lambda u: u.ok(
        lambda work: draft(work, "KZ", KZ_LAW.replace('"KZ"', '"UZ"'), MEASURES, DAY, "KZ.tariff.1"))),
    ("CU07", "Publish a draft that is not there", "digest",
     lambda u: u.ok(lambda work: publish(work, "KZ", "ffff", "KZ.tariff.2"))),
    ("CU08", "Publish a tariff for a day on which declarations have been accepted", "valid_from", late),
    ("CU09", "Defer under a guarantee that was never taken", "guarantee", lambda u: u.ok(
        lambda work: work.memory.customs.guarantee("26KZ0000000000012"))),
    ("CU10", "Take a guarantee of somebody who is no participant", "guarantor",
     lambda u: guaranteed(u, "NOBODY")),
    ("CU11", "Pay from a cash account with nothing on it", "cash", from_empty_account),
    ("CU12", "Defer what has been paid for in part", "guarantee", part_paid),
    ("CU13", "Charge days that are not over", "due_on", charged_ahead),
    ("CU14", "Divide a pool by a key that names no member", "key", strangers),
    ("LI08", "Issue a licence for nothing", "quantity", lambda u: licensed(u, kg=0)),
    ("LI09", "Issue another licence under a number that is used", "number",
     lambda u: [licensed(u), licensed(u, kg=50)]),
    ("CO14", "Verify a certificate that nobody has issued", "number",
     lambda u: u.ok(lambda work: verify(work, "26IN000000000099O0", "IN.officer.1"))),
    ("CO15", "Claim another origin than the certificate proves", "preferential_origin", of_another_origin),
    ("CL01", "Pay a claim that has been met", "", unfit(status="met")),
    ("CL02", "Pay more than a claim lacks", "", unfit()),
    ("CL03", "Pay a claim in another currency", "", other_claim),
]  # fmt: skip


def refusal_of_lodging(act: Act, directory: Path) -> Refusal:
    """What stopped an act in a union with customs."""
    union = CustomsUnion(directory)
    union.at("10:30").settle()
    try:
        act(union)
    except OperatorError as error:
        return error.refusal
    raise AssertionError("nothing was refused")


def refusal_of_claim(directory: Path) -> Refusal:
    """How a payment that quotes an unknown claim is refused."""
    union = CustomsUnion(directory)
    union.at("10:30").settle()
    union.pay(A, CUSTOMS["KZ"], "232.00", remittance="/MRN/26KZ000000000099R0")
    union.settle()
    return latest_refusal(union)


def lodge_what_is_wrong(directory: Path) -> None:
    from tasviya.cli.main import app as commands

    union = CustomsUnion(directory)
    (directory / "d.json").write_bytes(declaration(goods="84151"))
    words = ["lodge", str(directory / "d.json"), "--member", "KZ", "--home", str(union.home.root)]
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        commands(["customs", *words, "--now", "2026-09-29T10:30:00Z"], standalone_mode=False)


def answered(directory: Path) -> None:
    from tasviya.cli.main import app as commands

    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        commands(["customs", "answer", "D-1", "--format", "pdf"], standalone_mode=False)


LODGING_COMMANDS: list[tuple[str, str, str, Callable[[Path], object]]] = [
    ("not_accepted", "A declaration that is lodged is accepted, or kept with all that is wrong with it.",
     "Lodge goods under a code of five digits", lodge_what_is_wrong),
    ("bad_format", "An answer is written in a format that is known.", "Ask for an answer in PDF", answered),
]  # fmt: skip
