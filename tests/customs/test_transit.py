"""Movements through several members under one guarantee: from declaration to discharge, or to a call."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from transit_made_up import G31, M417, MRN, T0, TERMS, TODAY

from tasviya.core.errors import InvariantBroken, Refusal
from tasviya.customs import transit_acts as acts
from tasviya.customs.guarantee import Call, Discharge, Guarantee, Reserve
from tasviya.customs.mrn import mrn
from tasviya.customs.transit import (
    DAY,
    FINAL,
    SECURED,
    TRANSIT_CODES,
    TRANSITIONS,
    ControlResult,
    Event,
    IncidentKind,
    Movement,
    Status,
    Terms,
    terms_on,
)
from tasviya.customs.transit_acts import Settled

HOUR = DAY // 24
STAKE = 300_000
SEALS = ("S-100", "S-101")


def ok(answer: Movement | Refusal) -> Movement:
    assert isinstance(answer, Movement), answer
    return answer


def both(answer: Settled | Refusal) -> Settled:
    assert isinstance(answer, Settled), answer
    return answer


def refused(answer: object, code: str) -> Refusal:
    assert isinstance(answer, Refusal), answer
    assert answer.reason == code and answer.what.endswith(".") and answer.cure.endswith("."), answer
    assert code in TRANSIT_CODES or not code.startswith("TN")
    return answer


def secured() -> tuple[Movement, Guarantee]:
    declared = ok(acts.declare(M417))
    settled = both(acts.secure(declared, G31, STAKE, TODAY, T0))
    assert settled.act == Reserve(MRN, STAKE)
    return settled.movement, settled.guarantee


def released() -> tuple[Movement, Guarantee]:
    movement, guarantee = secured()
    return ok(acts.release(movement, T0 + HOUR, TERMS, SEALS)), guarantee


def arrived() -> tuple[Movement, Guarantee]:
    movement, guarantee = released()
    movement = ok(acts.leave(movement, "KZ", T0 + 2 * DAY))
    movement = ok(acts.enter(movement, "UZ", "UZ000300", T0 + 2 * DAY + HOUR, SEALS))
    movement = ok(acts.enter(movement, "TM", "TM000101", T0 + 4 * DAY, SEALS))
    return ok(acts.arrive(movement, "TM", "TM000204", T0 + 6 * DAY, SEALS)), guarantee


def test_a_movement_from_declaration_to_discharge() -> None:
    movement, guarantee = arrived()
    ways = [(leg.member, leg.entered_at - T0, leg.left_at and leg.left_at - T0) for leg in movement.legs]
    assert ways == [
        ("KZ", HOUR, 2 * DAY),
        ("UZ", 2 * DAY + HOUR, 4 * DAY),  # not seen leaving: it left when it came into the next
        ("TM", 4 * DAY, 0),
    ]
    assert not (movement.late or movement.diverted or movement.incidents)
    movement = ok(acts.unload(movement, ControlResult(T0 + 6 * DAY + HOUR)))
    settled = both(acts.discharge(movement, guarantee, T0 + 7 * DAY))
    assert settled.act == Discharge(MRN, STAKE)
    assert settled.movement.status is Status.DISCHARGED and settled.guarantee == G31


def test_goods_that_are_found_satisfactory_need_no_unloading() -> None:
    movement, guarantee = arrived()
    assert both(acts.discharge(movement, guarantee, T0 + 7 * DAY)).guarantee == G31


def test_what_lacks_at_unloading_is_called_and_the_rest_is_freed() -> None:
    movement, guarantee = arrived()
    movement = ok(acts.unload(movement, ControlResult(T0 + 7 * DAY, 12_345, "two rolls")))
    refused(acts.discharge(movement, guarantee, T0 + 7 * DAY), "TN09")
    settled = both(acts.call(movement, guarantee, T0 + 7 * DAY))
    assert settled.act == Call(MRN, 12_345, STAKE - 12_345, "TM")
    assert (settled.movement.called_minor, settled.movement.called_in) == (12_345, "TM")
    assert settled.guarantee.free_minor == G31.line_minor - 12_345


def test_nothing_that_lacks_is_not_called() -> None:
    movement, guarantee = arrived()
    movement = ok(acts.unload(movement, ControlResult(T0 + 7 * DAY)))
    assert "Discharge it" in refused(acts.call(movement, guarantee, T0 + 7 * DAY), "TN02").cure


def test_goods_that_do_not_arrive_are_called_where_they_were_last() -> None:
    movement, guarantee = released()
    movement = ok(acts.enter(movement, "UZ", "UZ000300", T0 + 2 * DAY, SEALS))
    due = M417.limit_at + TERMS.enquiry_after
    assert refused(acts.enquire(movement, due), "TN06").transient
    movement = ok(acts.enquire(movement, due + 1))
    until = due + 1 + TERMS.enquiry_lasts
    assert refused(acts.call(movement, guarantee, until), "TN07").transient
    settled = both(acts.call(movement, guarantee, until + 1))
    assert settled.act == Call(MRN, STAKE, 0, "UZ")
    assert settled.movement.status is Status.CALLED


def test_goods_seen_leaving_and_not_arriving_went_wrong_where_they_set_out() -> None:
    movement, guarantee = released()
    movement = ok(acts.enter(movement, "UZ", "UZ000300", T0 + 2 * DAY))
    movement = ok(acts.leave(movement, "UZ", T0 + 4 * DAY))
    movement = ok(acts.enquire(movement, T0 + 60 * DAY))
    settled = both(acts.call(movement, guarantee, T0 + 120 * DAY))
    assert settled.act == Call(MRN, STAKE, 0, "KZ")


def test_a_crossing_that_is_told_during_the_enquiry_says_where_the_goods_went_wrong() -> None:
    movement, guarantee = released()
    movement = ok(acts.enquire(movement, T0 + 60 * DAY))
    assert movement.went_wrong_in == "KZ"
    movement = ok(acts.enter(movement, "UZ", "UZ000300", T0 + 3 * DAY))
    assert (movement.status, movement.went_wrong_in) == (Status.ENQUIRY, "UZ")
    assert both(acts.call(movement, guarantee, T0 + 120 * DAY)).movement.called_in == "UZ"


def test_part_that_is_proved_is_not_called() -> None:
    movement, guarantee = released()
    movement = ok(acts.enquire(movement, T0 + 60 * DAY))
    refused(acts.call(movement, guarantee, T0 + 120 * DAY, STAKE + 1), "TN08")
    refused(acts.call(movement, guarantee, T0 + 120 * DAY, -1), "TN08")
    refused(acts.call(movement, guarantee, T0 + 120 * DAY, STAKE), "TN02")
    settled = both(acts.call(movement, guarantee, T0 + 120 * DAY, 100_000))
    assert settled.act == Call(MRN, STAKE - 100_000, 100_000, "KZ")


def test_late_arrival_ends_an_enquiry() -> None:
    movement, guarantee = released()
    movement = ok(acts.enquire(movement, T0 + 60 * DAY))
    movement = ok(acts.arrive(movement, "TM", "TM000204", T0 + 61 * DAY))
    assert movement.late and not movement.enquiry_at and movement.status is Status.ARRIVED
    refused(acts.call(movement, guarantee, T0 + 200 * DAY), "TN02")
    assert both(acts.discharge(movement, guarantee, T0 + 62 * DAY)).guarantee == G31


def test_an_enquiry_ends_by_another_proof() -> None:
    movement, guarantee = released()
    movement = ok(acts.enquire(movement, T0 + 60 * DAY))
    refused(acts.discharge(movement, guarantee, T0 + 61 * DAY), "TN02")
    settled = both(acts.discharge(movement, guarantee, T0 + 61 * DAY, "certified copy TM-9"))
    assert settled.movement.ended_for == "certified copy TM-9"


def test_results_that_do_not_come_are_asked_for_too() -> None:
    movement, guarantee = arrived()
    due = movement.arrived_at + TERMS.results_within
    refused(acts.enquire(movement, due), "TN06")
    movement = ok(acts.enquire(movement, due + 1))
    refused(acts.arrive(movement, "TM", "TM000999", due + 2), "TN02")
    assert movement.went_wrong_in == "TM"
    movement = ok(acts.unload(movement, ControlResult(due + 3)))
    assert both(acts.discharge(movement, guarantee, due + 4)).guarantee == G31


def test_unloading_needs_an_arrival_also_in_an_enquiry() -> None:
    movement, _ = released()
    movement = ok(acts.enquire(movement, T0 + 60 * DAY))
    refused(acts.unload(movement, ControlResult(T0 + 61 * DAY)), "TN02")


def test_another_office_and_another_member_are_taken_down() -> None:
    movement, _ = released()
    movement = ok(acts.enter(movement, "AZ", "AZ000007", T0 + 3 * DAY, SEALS))
    assert movement.status is Status.INCIDENT and not movement.legs[-1].on_route
    assert [each.kind for each in movement.incidents] == [IncidentKind.OFF_ROUTE]
    movement = ok(acts.arrive(movement, "AZ", "AZ000009", T0 + 4 * DAY, SEALS))
    assert movement.diverted and movement.status is Status.ARRIVED


def test_a_seal_that_is_not_there_stops_the_goods_until_an_office_lets_them_go_on() -> None:
    movement, _ = released()
    movement = ok(acts.enter(movement, "UZ", "UZ000300", T0 + 2 * DAY, ("S-101",)))
    (incident,) = movement.incidents
    assert movement.status is Status.INCIDENT
    assert (incident.kind, incident.member, incident.text) == (
        IncidentKind.SEAL_BROKEN,
        "UZ",
        "not seen: S-100",
    )
    movement = ok(acts.resume(movement, T0 + 2 * DAY + HOUR, ("S-200",)))
    assert (movement.status, movement.seals) == (Status.UNDER_WAY, ("S-200",))
    movement = ok(acts.enter(movement, "TM", "TM000101", T0 + 4 * DAY, ("S-200", "T-1")))
    assert movement.status is Status.UNDER_WAY


def test_seals_that_nobody_looked_at_are_not_broken() -> None:
    movement, _ = released()
    assert ok(acts.enter(movement, "UZ", "UZ000300", T0 + 2 * DAY)).status is Status.UNDER_WAY


def test_a_seal_broken_at_arrival_is_taken_down() -> None:
    movement, _ = released()
    movement = ok(acts.enter(movement, "TM", "TM000101", T0 + 2 * DAY, SEALS))
    movement = ok(acts.arrive(movement, "TM", "TM000204", T0 + 3 * DAY, ()))
    assert movement.status is Status.ARRIVED
    assert [each.kind for each in movement.incidents] == [IncidentKind.SEAL_BROKEN]


@pytest.mark.parametrize("kind", list(IncidentKind))
def test_goods_go_on_after_an_incident(kind: IncidentKind) -> None:
    movement, _ = released()
    movement = ok(acts.report(movement, kind, T0 + DAY, "near Shymkent"))
    assert movement.incidents[-1].member == "KZ"
    assert ok(acts.report(movement, kind, T0 + DAY, "near Shymkent")) is movement
    assert ok(acts.resume(movement, T0 + DAY + HOUR)).seals == SEALS


def test_rejected_or_cancelled_frees_what_was_reserved() -> None:
    movement, guarantee = secured()
    for act, status in ((acts.reject, Status.REJECTED), (acts.cancel, Status.CANCELLED)):
        settled = both(act(movement, guarantee, T0 + HOUR, "withdrawn"))
        assert (settled.movement.status, settled.act) == (status, Discharge(MRN, STAKE))
        assert settled.guarantee == G31 and settled.movement.ended_for == "withdrawn"
        unreserved = both(act(ok(acts.declare(M417)), G31, T0, "withdrawn"))
        assert unreserved.act is None and unreserved.guarantee is G31


def test_goods_under_way_cannot_be_cancelled() -> None:
    movement, guarantee = released()
    cure = refused(acts.cancel(movement, guarantee, T0 + DAY, "late"), "TN02").cure
    assert cure == "What may come next: enter, leave, incident, arrive, enquire."


def test_a_declaration_is_amended_until_its_guarantee_is_reserved() -> None:
    declared = ok(acts.declare(M417))
    later = replace(M417, itinerary=("KZ", "AZ"), destination_office="AZ000007", mrn="")
    amended = ok(acts.amend(declared, later, T0 + HOUR))
    assert (amended.mrn, amended.itinerary, amended.last_at) == (MRN, ("KZ", "AZ"), T0 + HOUR)
    refused(acts.amend(declared, replace(later, limit_at=T0 + HOUR), T0 + HOUR), "TN10")
    refused(acts.amend(secured()[0], later, T0 + HOUR), "TN02")


def test_one_minor_unit_short_leaves_the_movement_declared() -> None:
    declared = ok(acts.declare(M417))
    short = replace(G31, line_minor=STAKE - 1)
    answer = refused(acts.secure(declared, short, STAKE, TODAY, T0), "GU06")
    assert answer.what.startswith("0.01 EUR is lacking")


def test_a_guarantee_that_the_movement_does_not_name_is_our_mistake() -> None:
    with pytest.raises(InvariantBroken):
        acts.secure(ok(acts.declare(M417)), replace(G31, grn="26KZ0000000000327"), STAKE, TODAY, T0)


@pytest.mark.parametrize(
    "change",
    [{"itinerary": ()}, {"departure_office": ""}, {"destination_office": ""}, {"limit_at": T0}],
    ids=str,
)
def test_a_declaration_without_its_facts_is_refused(change: dict[str, object]) -> None:
    assert refused(acts.declare(replace(M417, **change)), "TN10").where in change
    refused(acts.declare(replace(M417, mrn="26KZ398001000417J4")), "MN03")


def test_where_the_goods_are_is_not_said_twice() -> None:
    movement, _ = released()
    refused(acts.enter(movement, "KZ", "KZ398002", T0 + DAY), "TN03")
    refused(acts.leave(movement, "UZ", T0 + DAY), "TN04")
    movement = ok(acts.leave(movement, "KZ", T0 + DAY))
    assert ok(acts.leave(movement, "KZ", T0 + DAY)) is movement
    refused(acts.leave(movement, "KZ", T0 + 2 * DAY), "TN04")
    movement = ok(acts.enter(movement, "UZ", "UZ000300", T0 + 2 * DAY, SEALS))
    assert ok(acts.enter(movement, "UZ", "UZ000300", T0 + 2 * DAY, SEALS)) is movement


def test_the_clock_does_not_run_backwards() -> None:
    movement, _ = released()
    refused(acts.enter(movement, "UZ", "UZ000300", T0 + HOUR - 1), "TN05")


Ask = Callable[[Movement, Guarantee], object]
EVERY_ACT: dict[Event, Ask] = {
    Event.AMEND: lambda m, g: acts.amend(m, M417, T0 + 500 * DAY),
    Event.RESERVE: lambda m, g: acts.secure(m, g, STAKE, TODAY, T0 + 500 * DAY),
    Event.RELEASE: lambda m, g: acts.release(m, T0 + 500 * DAY, TERMS),
    Event.ENTER: lambda m, g: acts.enter(m, "AZ", "AZ000007", T0 + 500 * DAY),
    Event.LEAVE: lambda m, g: acts.leave(m, "TM", T0 + 500 * DAY),
    Event.INCIDENT: lambda m, g: acts.report(m, IncidentKind.ACCIDENT, T0 + 500 * DAY),
    Event.RESUME: lambda m, g: acts.resume(m, T0 + 500 * DAY),
    Event.ARRIVE: lambda m, g: acts.arrive(m, "TM", "TM000205", T0 + 500 * DAY),
    Event.UNLOAD: lambda m, g: acts.unload(m, ControlResult(T0 + 500 * DAY)),
    Event.ENQUIRE: lambda m, g: acts.enquire(m, T0 + 500 * DAY),
    Event.DISCHARGE: lambda m, g: acts.discharge(m, g, T0 + 500 * DAY, "proof"),
    Event.CALL: lambda m, g: acts.call(m, g, T0 + 500 * DAY),
    Event.REJECT: lambda m, g: acts.reject(m, g, T0 + 500 * DAY, "no"),
    Event.CANCEL: lambda m, g: acts.cancel(m, g, T0 + 500 * DAY, "no"),
}


@pytest.mark.parametrize("event", list(Event))
def test_nothing_happens_to_a_movement_that_has_ended(event: Event) -> None:
    movement, guarantee = arrived()
    ended = both(acts.discharge(movement, guarantee, T0 + 7 * DAY))
    refused(EVERY_ACT[event](ended.movement, ended.guarantee), "TN01")


def test_the_same_words_to_a_movement_that_has_ended_are_refused_too() -> None:
    movement, guarantee = arrived()
    ended = both(acts.discharge(movement, guarantee, T0 + 7 * DAY)).movement
    refused(acts.enter(ended, "TM", "TM000101", T0 + 4 * DAY, SEALS), "TN01")
    refused(acts.arrive(ended, "TM", "TM000204", T0 + 6 * DAY, SEALS), "TN01")


def test_every_status_can_be_reached_and_every_one_ends() -> None:
    reached = {Status.DECLARED}
    for _ in Status:
        reached |= {after for status in reached for after in TRANSITIONS[status].values()}
    assert reached == set(Status) == set(TRANSITIONS)
    assert {Status.DISCHARGED, Status.CALLED, Status.REJECTED, Status.CANCELLED} == FINAL
    assert {event for ways in TRANSITIONS.values() for event in ways} == set(Event)


def test_terms_are_those_of_the_day() -> None:
    later = replace(TERMS, valid_from=date(2027, 1, 1), enquiry_after=DAY)
    both_terms = (later, TERMS)
    assert terms_on(both_terms, date(2026, 12, 31)) is TERMS
    assert terms_on(both_terms, date(2027, 1, 1)) is later
    assert "2026-01-01" in refused(terms_on(both_terms, date(2025, 12, 31)), "TN11").what
    refused(terms_on((), TODAY), "TN11")
    with pytest.raises(InvariantBroken):
        Terms(TODAY, -1, 0, 0)


# --- whatever is reported ---------------------------------------------------------------------------

MEMBERS = st.sampled_from(["KZ", "UZ", "TM", "AZ", "RU"])
LEGAL = re.compile(r"(TN(0[1-9]|10)|GU(0[2-9]|10))")


class Transit(RuleBasedStateMachine):
    """Random reports on three movements under one guarantee, in any order and at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.guarantee = replace(G31, line_minor=700_000)
        numbers = (mrn(2026, "KZ", number) for number in "123")
        self.movements = [ok(acts.declare(replace(M417, mrn=each))) for each in numbers]
        self.ended: dict[int, Movement] = {}
        self.now = T0

    @initialize(stages=st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)))
    def some_have_set_out(self, stages: tuple[int, ...]) -> None:
        """Else most runs are over before anything goes wrong."""
        for place, stage in enumerate(stages):
            if stage > 0:
                self.secure(place, 100_000 + place)
                self.release(place)
        self.now += 20 * DAY
        for place, stage in enumerate(stages):
            if stage == 2:
                self.other(place, "enquire")
            if stage == 3:
                self.arrive(place, "TM", 1)
                self.unload(place, place)

    def take(self, place: int, answer: object) -> None:
        if isinstance(answer, Settled):
            self.movements[place], self.guarantee = answer.movement, answer.guarantee
        elif isinstance(answer, Movement):
            self.movements[place] = answer
        else:
            assert isinstance(answer, Refusal) and LEGAL.fullmatch(answer.reason), answer
        if self.movements[place].final:
            self.ended.setdefault(place, self.movements[place])

    @rule(hours=st.integers(0, 24 * 90))
    def time_passes(self, hours: int) -> None:
        self.now += hours * HOUR

    @rule(place=st.integers(0, 2), minor=st.integers(0, 400_000))
    def secure(self, place: int, minor: int) -> None:
        self.take(place, acts.secure(self.movements[place], self.guarantee, minor, TODAY, self.now))

    @rule(place=st.integers(0, 2))
    def release(self, place: int) -> None:
        self.take(place, acts.release(self.movements[place], self.now, TERMS, SEALS))

    @rule(
        place=st.integers(0, 2),
        member=MEMBERS,
        seen=st.sampled_from([None, SEALS, ()]),
        ago=st.integers(0, 50),
    )
    def enter(self, place: int, member: str, seen: tuple[str, ...] | None, ago: int) -> None:
        at = self.now - ago * HOUR
        self.take(place, acts.enter(self.movements[place], member, f"{member}000300", at, seen))

    @rule(place=st.integers(0, 2), member=MEMBERS)
    def leave(self, place: int, member: str) -> None:
        self.take(place, acts.leave(self.movements[place], member, self.now))

    @rule(place=st.integers(0, 2), member=MEMBERS, ago=st.integers(0, 50))
    def arrive(self, place: int, member: str, ago: int) -> None:
        at = self.now - ago * HOUR
        self.take(place, acts.arrive(self.movements[place], member, f"{member}000204", at))

    @rule(place=st.integers(0, 2), lacking=st.sampled_from([0, 0, 1, 99, 400_001]))
    def unload(self, place: int, lacking: int) -> None:
        self.take(place, acts.unload(self.movements[place], ControlResult(self.now, lacking)))

    @rule(place=st.integers(0, 2), event=st.sampled_from(["report", "resume", "enquire"]))
    def other(self, place: int, event: str) -> None:
        movement = self.movements[place]
        if event == "report":
            self.take(place, acts.report(movement, IncidentKind.ACCIDENT, self.now))
        elif event == "resume":
            self.take(place, acts.resume(movement, self.now))
        else:
            self.take(place, acts.enquire(movement, self.now))

    @rule(place=st.integers(0, 2), calls=st.booleans(), part=st.integers(0, 9))
    def end(self, place: int, calls: bool, part: int) -> None:
        movement, guarantee = self.movements[place], self.guarantee
        if calls:
            self.take(place, acts.call(movement, guarantee, self.now, part))
        else:
            self.take(place, acts.discharge(movement, guarantee, self.now, "proof" * (part > 8)))

    @rule(place=st.integers(0, 2), rejects=st.booleans())
    def withdraw(self, place: int, rejects: bool) -> None:
        act = acts.reject if rejects else acts.cancel
        self.take(place, act(self.movements[place], self.guarantee, self.now, "no"))

    @invariant()
    def the_line_is_whole(self) -> None:
        now = self.guarantee
        assert now.reserved_minor + now.free_minor + now.called_minor == now.line_minor == 700_000
        assert min(now.reserved_minor, now.free_minor, now.called_minor) >= 0

    @invariant()
    def a_movement_holds_what_it_reserved_until_it_ends(self) -> None:
        held = {each.mrn: each.minor for each in self.movements if each.status in SECURED}
        assert held == dict(self.guarantee.reservations)
        called = {each.mrn: each.called_minor for each in self.movements if each.status is Status.CALLED}
        assert called == {each.mrn: each.minor for each in self.guarantee.calls}

    @invariant()
    def what_has_ended_stays(self) -> None:
        assert all(self.movements[place] == ended for place, ended in self.ended.items())

    @invariant()
    def legs_follow_each_other(self) -> None:
        for movement in self.movements:
            for one, after in zip(movement.legs, movement.legs[1:], strict=False):
                assert one.entered_at <= one.left_at <= after.entered_at


Transit.TestCase.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
TestTransit = Transit.TestCase
