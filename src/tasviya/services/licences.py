"""An authority issues a licence; declarations use it, and give it back when they come to nothing."""

from __future__ import annotations

from tasviya.core.errors import Refusal
from tasviya.customs.licence import Licence
from tasviya.membership.roles import Act
from tasviya.services.control_rows import LicenceRow
from tasviya.services.customs_accounts import authority
from tasviya.services.lodging import allowed
from tasviya.services.work import Work

LICENCE_AT_WORK_CODES = {
    "LI08": "a licence is for a quantity above zero, and its first day is not after its last",
    "LI09": "a licence's number is given once in a member",
}


def issue(work: Work, member: str, licence: Licence, actor: str) -> LicenceRow | Refusal:
    """Issue a licence; the very same again changes nothing.

    licence: without uses. Refused: RO01, CU03, LI08, LI09.
    """
    payee = authority(work.memory.snapshot, member)
    if isinstance(payee, Refusal):
        return payee
    unfit = allowed(work, actor, Act.ISSUE_LICENCE, member)
    if unfit is not None:
        return unfit
    if licence.quantity <= 0 or licence.valid_until < licence.valid_from:
        what = (
            f"It would be for {licence.quantity} thousandths, {licence.valid_from} to {licence.valid_until}."
        )
        return Refusal("LI08", what, "Give a quantity above zero, and the days in their order.", "quantity")
    book = work.memory.customs.controls
    known = book.licence(member, licence.number)
    if known is not None:
        if same(known.body, licence):
            return known
        what = f"{member} has issued {licence.number:.40} to {known.holder}."
        return Refusal("LI09", what, "Give the new licence a number of its own.", "number")
    row = LicenceRow(member, licence.number, licence.holder, actor, work.now_ns, licence)
    book.keep_licence(row)
    work.changes.licences[member, licence.number] = row
    facts = f"{licence.goods} {licence.quantity} thousandths {licence.unit} to {licence.holder}"
    work.act("issue_licence", f"{member} {licence.number}", facts, actor)
    return row


def same(one: Licence, other: Licence) -> bool:
    """Whether two are the same licence, whatever has been used of them."""
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("number", "holder", "goods", "quantity", "unit", "valid_from", "valid_until")
    )
