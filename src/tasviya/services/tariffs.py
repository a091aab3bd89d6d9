"""A member's tariff comes into force: one person drafts it, another publishes it, and it stays.

A tariff is the law of taxes and the measures, both whole, under the digest of their texts. It holds from a
day on until the next; a day on which a declaration has been accepted keeps the tariff that it had.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256

import msgspec

from tasviya.core.errors import Refusal
from tasviya.membership.roles import Act, same_person
from tasviya.services.customs_accounts import authority, money_of
from tasviya.services.customs_book import TariffVersion, quotas_in, tariff_in
from tasviya.services.lodging import allowed
from tasviya.services.work import Work

TARIFF_CODES = {
    "CU07": "a tariff is of the member's own, in its currency, and is drafted before it is published",
    "CU08": "a tariff does not reach back to days on which declarations have been accepted",
}


def draft(
    work: Work, member: str, law: str, measures: str, valid_from: date, actor: str, quotas: str = ""
) -> TariffVersion | Refusal:
    """Take a tariff in as a draft. law, measures, quotas: the files' texts; quotas may be none.

    Raises: ConfigurationError or OperatorError if they are no tariff.
    """
    payee = authority(work.memory.snapshot, member)
    if isinstance(payee, Refusal):
        return payee
    unfit = allowed(work, actor, Act.DRAFT_TARIFF, member)
    if unfit is not None:
        return unfit
    whole = law.encode() + b"\0" + measures.encode() + valid_from.isoformat().encode()
    digest = sha256(whole + (b"\0" + quotas.encode() if quotas else b"")).hexdigest()
    version = TariffVersion(
        member, digest, valid_from.isoformat(), law, measures, actor, work.now_ns, quotas=quotas
    )
    quotas_in(version)
    read, money = tariff_in(version), money_of(work.memory.snapshot, member)
    if read.law.member != member or read.law.currency != money:
        what = f"The law is of {read.law.member} in {read.law.currency}."
        return Refusal("CU07", what, f"Give the law of {member} in {money}.", "member")
    known = next((each for each in work.memory.customs.versions(member) if each.digest == digest), None)
    if known is not None:
        return known
    work.memory.customs.add_version(version)
    work.changes.tariffs.append(version)
    work.act("draft_tariff", f"{member} {digest}", f"from {valid_from}", actor)
    return version


def publish(work: Work, member: str, digest: str, actor: str) -> TariffVersion | Refusal:
    """Put a draft into force from its day on. digest: its first digits are enough."""
    book = work.memory.customs
    found = [each for each in book.versions(member) if digest and each.digest.startswith(digest)]
    if len(found) != 1:
        what = f"{member:.10} has {len(found)} tariffs whose digest begins with {digest!r:.70}."
        return Refusal("CU07", what, "Give more digits of a draft's digest.", "digest")
    version = found[0]
    unfit = allowed(work, actor, Act.PUBLISH_TARIFF, member)
    unfit = unfit or same_person(actor, version.drafted_by, "drafted it")
    if unfit is not None:
        return unfit
    if version.published_at:
        return version
    latest = book.latest_acceptance(member)
    if version.valid_from <= latest:
        what = f"It would hold from {version.valid_from}; {member} accepted declarations on {latest}."
        return Refusal("CU08", what, "Draft it with a later day.", "valid_from")
    published = msgspec.structs.replace(version, published_by=actor, published_at=work.now_ns)
    book.add_version(published)
    work.changes.tariffs.append(published)
    work.act("publish_tariff", f"{member} {version.digest}", f"from {version.valid_from}", actor)
    return published
