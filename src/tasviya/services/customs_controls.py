"""What holds goods at a member's customs: its controls and licences, and the channel they go through.

    faults   prohibited goods, and claims that their certificate of origin does not prove: not accepted
    judge    at acceptance, and anew when it is amended: licences and certificates are used, what is lacking
             holds the goods, and so does the channel, yellow or red
    held     before release, with that day: a licence that has ended holds the goods, though they are paid for
    give_back  the declaration comes to nothing, and so do its uses

What a control has lifted does not hold the goods again. An amendment never makes a channel greener: reasons
stay, whoever changes what they were found in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

import msgspec

from tasviya.core.errors import InvariantBroken, Refusal
from tasviya.customs import controls
from tasviya.customs.controls import ControlKind, Controlled, ControlRule, Stop
from tasviya.customs.declaration import Declaration
from tasviya.customs.formats.reading import read
from tasviya.customs.licence import Licence
from tasviya.customs.licence import give_back as without_uses
from tasviya.customs.lodgement import Hold, Lodgement
from tasviya.customs.selectivity import CHANNELS, Channel, Facts, Reason, codes_of, select, trader_of
from tasviya.services import certificate_uses
from tasviya.services.control_rows import ControlRow, SelectionRow
from tasviya.services.customs_accounts import authority, day_in, money_of
from tasviya.services.customs_book import VersionKind
from tasviya.services.work import Work

CHANNEL_CODES = {Channel.YELLOW: "YELLOW", Channel.RED: "RED"}
"""The codes of the holds by which a channel keeps the goods."""


def faults(
    work: Work, member: str, declared: Declaration, rates: Mapping[str, Fraction], on: date, mrn: str = ""
) -> list[Refusal]:
    """Why a declaration without a broken rule of its own is not accepted all the same.

    on: the day whose tariff holds, on which certificates serve. mrn: of one that is amended.
    """
    declared = replace(declared, mrn=mrn)
    found = _control(work, member, declared, rates)
    stopped = [each.refusal for each in found.wants if isinstance(each, Stop)] if found else []
    proven = certificate_uses.uses(work, declared, on)
    return [*stopped, *(proven if isinstance(proven, list) else ())]


def judge(work: Work, lodged: Lodgement, declared: Declaration) -> None:
    """Take what an accepted declaration uses, and find its channel and what holds its goods.

    declared: one that has no `faults`.
    """
    give_back(work, lodged)
    declared = replace(declared, mrn=lodged.mrn)
    trader = trader_of(declared).id
    lodged.trader, lodged.destination = trader, declared.destination_country
    certificate_uses.take(work, lodged, declared)
    held = _held_by_controls(work, lodged, declared)
    lodged.channel, by_channel = _selected(work, lodged, declared)
    lodged.holds = (*held, *by_channel)
    if trader:
        work.memory.customs.controls.declares(lodged.member, trader)


def held(work: Work, lodged: Lodgement) -> bool:
    """Whether something holds goods that are about to be released; controls are made again with this day."""
    if lodged.holds:
        return True
    rules = _rules(work, lodged.member)
    if rules or lodged.certificates:
        reading = read(lodged.body)
        if isinstance(reading, list):
            raise InvariantBroken(f"{lodged.mrn} can be read as when it was accepted")
        declared = replace(reading.declaration, mrn=lodged.mrn)
        found = (*_held_by_controls(work, lodged, declared), *certificate_uses.revoked(work, lodged))
        grounds = {(each.code, each.ground) for each in lodged.lifted}
        lodged.holds = tuple(each for each in found if (each.code, each.ground) not in grounds)
        if lodged.holds:
            work.act("hold", lodged.mrn, ", ".join(each.code for each in lodged.holds), lodged.actor)
    return bool(lodged.holds)


def being_looked_at(lodged: Lodgement) -> Refusal | None:
    """Why a declaration is not invalidated: its channel has it looked at, and nobody has yet. Who is drawn
    would otherwise declare again until it is not.

    Source: Union Customs Code, article 174 (2).
    """
    for each in lodged.holds:
        if each.code in CHANNEL_CODES.values():
            what = f"{lodged.mrn} is held by {each.code}: customs look at it first."
            return Refusal("CU05", what, "Ask again after the control.", "mrn", True)
    return None


def lifted(work: Work, lodged: Lodgement, code: str, actor: str, result: str, found: bool) -> None:
    """An officer's control lifts a hold: it goes, and what was found is kept for the rules that asked for it.

    code: of a hold that is there. found: whether the control found something.
    """
    lodged.lifted += tuple(each for each in lodged.holds if each.code == code)
    lodged.holds = tuple(each for each in lodged.holds if each.code != code)
    lodged.controlled_by = actor
    rules: tuple[str, ...] = (code,)
    selected = work.memory.customs.controls.selection(lodged.mrn)
    if selected is not None and code in CHANNEL_CODES.values():
        rules = codes_of(selected.reasons)
    row = ControlRow(
        lodged.mrn, code, work.changes.commit_seq, lodged.member, actor, result, found, work.now_ns, rules
    )
    work.changes.controls.append(row)
    work.act("control", lodged.mrn, f"{code}: {'found' if found else 'in order'}: {result}", actor)


def give_back(work: Work, lodged: Lodgement) -> None:
    """What a declaration has used of licences and certificates is free again."""
    for number in lodged.licences:
        row = work.memory.customs.controls.licence(lodged.member, number)
        if row is not None:
            without = without_uses(row.body, lodged.mrn)
            if not isinstance(without, Refusal):
                _keep_licence(work, lodged.member, without)
    lodged.licences = ()
    certificate_uses.give_back(work, lodged)


def _held_by_controls(work: Work, lodged: Lodgement, declared: Declaration) -> tuple[Hold, ...]:
    """What holds goods by the rules of this day; licences are used."""
    found = _control(work, lodged.member, declared, _rates(work, lodged))
    if found is None:
        return ()
    book = work.memory.customs.controls
    for number, licence in found.licences.items():
        row = book.licence(lodged.member, number)
        if row is not None and row.body != licence:
            _keep_licence(work, lodged.member, licence)
            lodged.licences = tuple(dict.fromkeys((*lodged.licences, number)))
    return tuple(
        Hold(
            each.rule.code,
            f"{each.refusal.reason}: {each.refusal.what} {each.refusal.cure}",
            each.rule.named_authority,
            f"{each.refusal.reason} {each.refusal.where}",
        )
        for each in found.wants
    )


def _control(
    work: Work, member: str, declared: Declaration, rates: Mapping[str, Fraction]
) -> Controlled | None:
    """What a member's rules of this day find; None if it has none."""
    rules = _rules(work, member)
    if not rules:
        return None
    own = {money_of(work.memory.snapshot, member).code: Fraction(1)}
    licences = _shown(work, member, declared, rules)
    return controls.control(declared, rules, licences, day_in(work, member), own | dict(rates))


def _rules(work: Work, member: str) -> tuple[ControlRule, ...]:
    """A member's rules of this day."""
    book = work.memory.customs
    version = book.begun(member, day_in(work, member), VersionKind.CONTROLS)
    if version is None:
        return ()
    return book.controls.controls(version.digest, version.law, f"{member} controls {version.digest[:12]}")


def _shown(
    work: Work, member: str, declared: Declaration, rules: tuple[ControlRule, ...]
) -> dict[str, Licence]:
    """The licences whose numbers a declaration shows, by number."""
    types = {rule.document for rule in rules if rule.kind is ControlKind.LICENCE}
    documents = [*declared.documents, *(document for item in declared.items for document in item.documents)]
    book, found = work.memory.customs.controls, {}
    for document in documents:
        row = book.licence(member, document.reference) if document.type in types else None
        if row is not None:
            found[row.number] = row.body
    return found


def _keep_licence(work: Work, member: str, licence: Licence) -> None:
    book = work.memory.customs.controls
    row = book.licence(member, licence.number)
    if row is None:
        raise InvariantBroken(f"licence {licence.number} of {member} is known")
    changed = msgspec.structs.replace(row, body=licence)
    book.keep_licence(changed)
    work.changes.licences[member, licence.number] = changed


def _selected(work: Work, lodged: Lodgement, declared: Declaration) -> tuple[str, tuple[Hold, ...]]:
    """The channel of a declaration, and the hold that it means."""
    book, member = work.memory.customs, lodged.member
    version = book.begun(member, day_in(work, member), VersionKind.SELECTIVITY)
    earlier = book.controls.selection(lodged.mrn)
    reasons = list(earlier.reasons) if earlier else []
    drawn = bool(earlier and earlier.drawn)
    if version is not None:
        rules = book.controls.selectivity(version.digest, version.law, f"{member} selectivity")
        secret = book.controls.draw(member)
        facts = Facts(book.controls.traders(member), _rates(work, lodged))
        selection = select(declared, rules, secret.secret if secret else b"", day_in(work, member), facts)
        if isinstance(selection, Refusal):
            raise InvariantBroken(f"{lodged.mrn} can be drawn: {selection}")
        known = {(each.rule, each.item) for each in reasons}
        reasons += [each for each in selection.reasons if (each.rule, each.item) not in known]
        drawn = drawn or selection.drawn
    if not reasons:
        return Channel.GREEN, ()
    channel = max((each.channel for each in reasons), key=CHANNELS.index)
    row = SelectionRow(lodged.mrn, member, channel, drawn, tuple(reasons))
    book.controls.keep_selection(row)
    work.changes.selections[lodged.mrn] = row
    work.act("select", lodged.mrn, f"{channel}: {', '.join(codes_of(reasons))}", lodged.actor)
    payee = authority(work.memory.snapshot, member)
    why = " ".join(map(_told, reasons))
    named = "" if isinstance(payee, Refusal) else payee.name
    return channel, (Hold(CHANNEL_CODES[channel], why, named, channel),)


def _told(reason: Reason) -> str:
    of_item = f", item {reason.item}" if reason.item else ""
    return f"{reason.channel} by {reason.rule}{of_item}: {reason.text}"


def _rates(work: Work, lodged: Lodgement) -> dict[str, Fraction]:
    """Rates that were frozen, with the member's own currency."""
    own = money_of(work.memory.snapshot, lodged.member).code
    return {own: Fraction(1), **{code: Fraction(text) for code, text in lodged.rates.items()}}
