"""A member's tariff comes into force, and so do its rules: one person drafts them, another publishes them.

    tariff        the law of taxes and the measures, both whole
    controls      licences, controls and prohibitions
    selectivity   which declarations are looked at; with the first of them the secret of the draw is kept

Each stands under the digest of its texts and holds from a day on until the next of its kind; a day on which a
declaration has been accepted keeps what it had.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256

import msgspec

from tasviya.core.errors import Refusal, invariant
from tasviya.customs.control_rules import read_controls
from tasviya.customs.selectivity import SECRET_BYTES
from tasviya.customs.selectivity_rules import read_selectivity
from tasviya.membership.roles import Act, same_person
from tasviya.services.control_rows import DrawRow
from tasviya.services.customs_accounts import authority, money_of
from tasviya.services.customs_book import TariffVersion, VersionKind, quotas_in, tariff_in
from tasviya.services.lodging import allowed
from tasviya.services.work import Work

TARIFF_CODES = {
    "CU07": "a tariff or rules are of the member's own, and are drafted before they are published",
    "CU08": "a tariff or rules do not reach back to days on which declarations have been accepted",
}


def draft(
    work: Work, member: str, law: str, measures: str, valid_from: date, actor: str, quotas: str = ""
) -> TariffVersion | Refusal:
    """Take a tariff in as a draft. law, measures, quotas: the files' texts; quotas may be none.

    Raises: ConfigurationError or OperatorError if they are no tariff.
    """
    unfit = _unfit(work, member, actor, Act.DRAFT_TARIFF)
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
    return _drafted(work, version)


def draft_rules(
    work: Work, kind: VersionKind, member: str, text: str, valid_from: date, actor: str
) -> TariffVersion | Refusal:
    """Take rules in as a draft. kind: CONTROLS or SELECTIVITY. text: the file's.

    Raises: ConfigurationError if they are none.
    """
    invariant(kind is not VersionKind.TARIFF, "rules are of controls or of selectivity")
    unfit = _unfit(work, member, actor, Act.DRAFT_RULES)
    if unfit is not None:
        return unfit
    if kind is VersionKind.CONTROLS:
        read_controls(text, f"{member}.{kind}.toml")
    else:
        read_selectivity(text, f"{member}.{kind}.toml")
    digest = sha256(f"{kind}\0{text}\0{valid_from}".encode()).hexdigest()
    version = TariffVersion(member, digest, valid_from.isoformat(), text, "", actor, work.now_ns, kind=kind)
    return _drafted(work, version)


def publish(
    work: Work,
    member: str,
    digest: str,
    actor: str,
    kind: VersionKind = VersionKind.TARIFF,
    secret: bytes = b"",
) -> TariffVersion | Refusal:
    """Put a draft into force from its day on. digest: its first digits are enough.

    secret: of the draw, drawn at random for a member's first rules of selectivity; later ones leave it as it
    is. The journal has its SHA-256, so that whoever is shown the secret can check that it is this one.
    """
    book = work.memory.customs
    found = [each for each in book.versions(member, kind) if digest and each.digest.startswith(digest)]
    if len(found) != 1:
        what = (
            f"{member:.10} has {len(found)} versions of its {kind} whose digest begins with {digest!r:.70}."
        )
        return Refusal("CU07", what, "Give more digits of a draft's digest.", "digest")
    version = found[0]
    is_tariff = kind is VersionKind.TARIFF
    unfit = allowed(work, actor, Act.PUBLISH_TARIFF if is_tariff else Act.PUBLISH_RULES, member)
    unfit = unfit or same_person(actor, version.drafted_by, "drafted it")
    if unfit is not None:
        return unfit
    if version.published_at:
        return version
    latest = book.latest_acceptance(member)
    if version.valid_from <= latest:
        what = f"It would hold from {version.valid_from}; {member} accepted declarations on {latest}."
        return Refusal("CU08", what, "Draft it with a later day.", "valid_from")
    if kind is VersionKind.SELECTIVITY and book.controls.draw(member) is None:
        if len(secret) < SECRET_BYTES:
            what = f"The secret has {len(secret)} bytes; whoever guesses it foresees every draw."
            return Refusal("SL02", what, f"Take {SECRET_BYTES} random bytes or more.", "secret")
        row = DrawRow(member, secret, work.now_ns)
        book.controls.keep_draw(row)
        work.changes.draws.append(row)
        work.act("draw_secret", member, f"sha256 {sha256(secret).hexdigest()}", actor)
    published = msgspec.structs.replace(version, published_by=actor, published_at=work.now_ns)
    book.add_version(published)
    work.changes.tariffs.append(published)
    work.act(f"publish_{kind}", f"{member} {version.digest}", f"from {version.valid_from}", actor)
    return published


def _unfit(work: Work, member: str, actor: str, act: Act) -> Refusal | None:
    payee = authority(work.memory.snapshot, member)
    return payee if isinstance(payee, Refusal) else allowed(work, actor, act, member)


def _drafted(work: Work, version: TariffVersion) -> TariffVersion:
    """Keep a draft; the same again is the one that is there."""
    member, digest, kind = version.member, version.digest, version.kind
    known = next((each for each in work.memory.customs.versions(member, kind) if each.digest == digest), None)
    if known is not None:
        return known
    work.memory.customs.add_version(version)
    work.changes.tariffs.append(version)
    work.act(f"draft_{kind}", f"{member} {digest}", f"from {version.valid_from}", version.drafted_by)
    return version
