"""Certificates of origin at work: an exporter's customs issue, verify and revoke them; imports use them.

bill of materials ──origin.judge──▶ issue ──▶ certificate ──certificate_uses──▶ used by imports
                                                 ├──verify, by another person
                                                 └──revoke: goods that wait are held, uses stay
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tasviya.core.errors import Refusal
from tasviya.customs import certificate as certificates
from tasviya.customs.certificate import Certificate
from tasviya.customs.mrn import mrn as make_number
from tasviya.customs.nomenclature import GoodsCode
from tasviya.customs.origin import Product, Rule, judge, text_of_rule
from tasviya.membership.roles import Act, same_person
from tasviya.services.certificate_uses import keep
from tasviya.services.control_rows import CertificateRow
from tasviya.services.customs_accounts import authority, day_in
from tasviya.services.lodging import allowed
from tasviya.services.work import Work

LETTER = "O"
"""Where an MRN has its procedure's letter, a certificate's number has this."""


@dataclass(frozen=True, slots=True)
class Application:
    """What an exporter applies for. quantity: whole units. goods: 6 digits cover all codes below them."""

    exporter: str
    consignee: str
    goods: GoodsCode
    quantity: int
    unit: str
    valid_until: date


def issue(
    work: Work, member: str, applied: Application, product: Product, rule: Rule, actor: str
) -> CertificateRow | Refusal:
    """Issue a certificate for goods that originate in a member by a rule.

    Refused: RO01, CU03, and CO09 to CO11 as `certificate.issue` refuses.
    """
    payee = authority(work.memory.snapshot, member)
    if isinstance(payee, Refusal):
        return payee
    unfit = allowed(work, actor, Act.CERTIFY_ORIGIN, member)
    if unfit is not None:
        return unfit
    day, numbers, judged = day_in(work, member), work.memory.numbers, judge(rule, product)
    made = certificates.issue(
        Certificate(
            make_number(day.year, member, str(numbers.certificate), LETTER),
            payee.code,
            applied.exporter,
            applied.consignee,
            member,
            applied.goods,
            text_of_rule(rule),
            applied.quantity,
            applied.unit,
            day,
            applied.valid_until,
        ),
        judged,
    )
    if isinstance(made, Refusal):
        return made
    numbers.certificate += 1
    row = CertificateRow(
        made.number,
        member,
        made.exporter,
        made.consignee,
        actor,
        work.now_ns,
        tuple(judged.explained()),
        made,
    )
    work.memory.customs.controls.keep_certificate(row)
    work.changes.certificates[made.number] = row
    facts = f"{made.quantity} {made.unit} of {made.goods} by {made.rule}, {made.exporter} to {made.consignee}"
    work.act("issue_certificate", made.number, facts, actor)
    return row


def verify(work: Work, number: str, actor: str) -> Certificate | Refusal:
    """Confirm that a certificate is genuine: somebody else of its issuer than who issued it.

    Refused: RO01, RO02, CO14; CO01 to CO03 and CO12 as `certificate.verify` refuses.
    """
    row = work.memory.customs.controls.certificate(number)
    if isinstance(row, Refusal):
        return row
    unfit = allowed(work, actor, Act.CERTIFY_ORIGIN, row.member)
    unfit = unfit or same_person(actor, row.issued_by, f"issued {number}")
    if unfit is not None:
        return unfit
    verified = certificates.verify(row.body, day_in(work, row.member))
    return _changed(work, verified, "verify_certificate", "", actor)


def revoke(work: Work, number: str, actor: str, reason: str) -> Certificate | Refusal:
    """Take a certificate back. Goods that have used it and are not released are held when they are paid for.

    Refused: RO01, CO14; CO03 if it has been revoked.
    """
    row = work.memory.customs.controls.certificate(number)
    if isinstance(row, Refusal):
        return row
    unfit = allowed(work, actor, Act.REVOKE_CERTIFICATE, row.member)
    if unfit is not None:
        return unfit
    revoked = certificates.revoke(row.body, day_in(work, row.member), reason)
    return _changed(work, revoked, "revoke_certificate", reason, actor)


def _changed(
    work: Work, certificate: Certificate | Refusal, act: str, facts: str, actor: str
) -> Certificate | Refusal:
    if not isinstance(certificate, Refusal):
        keep(work, certificate)
        work.act(act, certificate.number, facts, actor)
    return certificate
