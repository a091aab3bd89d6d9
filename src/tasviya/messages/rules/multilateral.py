"""Rules on multilateral settlement requests: movements that are complete, and add up to nought."""

from __future__ import annotations

from collections.abc import Hashable

from tasviya.messages.amounts import amount_text, scaled, trouble, unscaled
from tasviya.messages.identifiers import bic_holds
from tasviya.messages.model import Group, ParsedMessage
from tasviya.messages.multilateral import MultilateralSettlementRequest, imbalance, unexplained
from tasviya.messages.rules.base import MULTILATERAL, Broken, MessageRule, RepeatRule, TransactionRule
from tasviya.messages.scheme import Scheme


class AM19(MessageRule):
    """NbOfSttlmReqs is the number of settlement requests in the message."""

    reason = "AM19"
    cure = "Count the settlement requests and send the message again; one may be missing."
    messages = (MULTILATERAL,)

    def check(self, message: ParsedMessage, scheme: Scheme) -> Broken | None:
        stated = message.group.number_of_transactions or ""
        if int(stated) == message.count:
            return None
        what = f"NbOfSttlmReqs is {stated}, and the message has {message.count}."
        return Broken(what, "GrpHdr/NbOfSttlmReqs")


class AM10Movements(MessageRule):
    """CtrlSum, where given, is the sum of all movements as numbers, whatever their currencies."""

    reason = "AM10"
    cure = "Correct CtrlSum or the amounts, or leave CtrlSum out."
    messages = (MULTILATERAL,)

    def check(self, message: ParsedMessage, scheme: Scheme) -> Broken | None:
        stated = message.group.control_sum
        if stated is None:
            return None
        requests = [each for each in message.transactions if isinstance(each, MultilateralSettlementRequest)]
        found = sum(scaled(movement.amount) for request in requests for movement in request.movements)
        said = scaled(stated.strip())
        if said == found:
            return None
        # Not as written, which may be thousands of zeros.
        what = f"CtrlSum is {unscaled(said)}, and the amounts add up to {unscaled(found)}."
        return Broken(what, "GrpHdr/CtrlSum")


class DU05Requests(RepeatRule):
    """No two settlement requests of a message share an instruction id."""

    reason = "DU05"
    cure = "Give each request its own InstrId."
    messages = (MULTILATERAL,)
    where = "InstrId"

    def key(self, transfer: MultilateralSettlementRequest) -> Hashable | None:
        return transfer.instruction_id


class AM20(TransactionRule):
    """NbOfMvmntRcrds, where given, is the number of movement records in the request."""

    reason = "AM20"
    cure = "Count the movement records and send the message again; one may be missing."
    messages = (MULTILATERAL,)

    def check(
        self, transaction: MultilateralSettlementRequest, group: Group, scheme: Scheme
    ) -> Broken | None:
        stated, found = transaction.stated_movements, len(transaction.movements)
        if stated is None or stated == found:
            return None
        return Broken(f"NbOfMvmntRcrds is {stated}, and {found} records are here.", "NbOfMvmntRcrds")


class AM11Movements(TransactionRule):
    """All movements of a request are in one currency, of ISO 4217 or the union's own unit."""

    reason = "AM11"
    cure = "Send a request a currency, each with the code of ISO 4217 or of the union's unit."
    messages = (MULTILATERAL,)

    def check(
        self, transaction: MultilateralSettlementRequest, group: Group, scheme: Scheme
    ) -> Broken | None:
        first = transaction.movements[0].currency
        if scheme.currency(first) is None:
            return Broken(f"{first} is no currency.", _record(1, "Amt/Amt/@Ccy"))
        for place, each in enumerate(transaction.movements, start=1):
            if each.currency != first:
                what = f"The currency is {each.currency}, and of the first movement {first}."
                return Broken(what, _record(place, "Amt/Amt/@Ccy"))
        return None


class AM12Movements(TransactionRule):
    """Every movement is of an amount above zero, with no more decimals than its currency has."""

    reason = "AM12"
    cure = "Correct the amount; leave out who has nothing to give or to get."
    messages = (MULTILATERAL,)

    def check(
        self, transaction: MultilateralSettlementRequest, group: Group, scheme: Scheme
    ) -> Broken | None:
        for place, each in enumerate(transaction.movements, start=1):
            if each.amount_minor == 0 and trouble(each.amount, each.currency, scheme) != "AM11":
                what = f"{each.amount[:30]} {each.currency} is no amount to settle."
                return Broken(what, _record(place, "Amt/Amt"))
        return None


class CH21Direction(TransactionRule):
    """Every movement says whether its account is credited or debited."""

    reason = "CH21"
    cure = "Write CRDT for a claim or DBIT for a debt into CdtDbt."
    messages = (MULTILATERAL,)

    def check(
        self, transaction: MultilateralSettlementRequest, group: Group, scheme: Scheme
    ) -> Broken | None:
        for place, each in enumerate(transaction.movements, start=1):
            if each.direction is None:
                return Broken("Neither credit nor debit is said.", _record(place, "Amt"))
        return None


class RC05(TransactionRule):
    """Every movement names its participant by a BIC whose country exists; so is its settlement agent, where
    given."""

    reason = "RC05"
    cure = "Give the institution's BIC in Id/OrgId/AnyBIC."
    messages = (MULTILATERAL,)

    def check(
        self, transaction: MultilateralSettlementRequest, group: Group, scheme: Scheme
    ) -> Broken | None:
        for place, each in enumerate(transaction.movements, start=1):
            if each.participant is None:
                return Broken("The participant is not named by a BIC.", _record(place, "Ptcpt"))
            for tag, bic in (("Ptcpt", each.participant), ("SttlmAgt", each.settlement_agent)):
                if bic is not None and not bic_holds(bic):
                    what = f"{bic} is no BIC: its country {bic[4:6]} does not exist."
                    return Broken(what, _record(place, f"{tag}/Id/OrgId/AnyBIC"))
        return None


class RF01Movements(TransactionRule):
    """No two movements of a request share an id."""

    reason = "RF01"
    cure = "Give each movement record its own Id."
    messages = (MULTILATERAL,)

    def check(
        self, transaction: MultilateralSettlementRequest, group: Group, scheme: Scheme
    ) -> Broken | None:
        first: dict[str, int] = {}
        for place, each in enumerate(transaction.movements, start=1):
            earlier = first.setdefault(each.record_id, place)
            if earlier != place:
                return Broken(f"It repeats movement {earlier}.", _record(place, "Id"))
        return None


class AM17(TransactionRule):
    """The movements of a request add up to nought: its claims are as large as its debts."""

    reason = "AM17"
    cure = "Send the movements of all who take part; one may be missing."
    messages = (MULTILATERAL,)

    def check(
        self, transaction: MultilateralSettlementRequest, group: Group, scheme: Scheme
    ) -> Broken | None:
        movements = transaction.movements
        over = imbalance(movements)
        if over == 0 or not _is_readable(transaction):
            return None
        more, less = ("claims", "debts") if over > 0 else ("debts", "claims")
        currency = movements[0].currency
        text = amount_text(abs(over), currency, scheme)
        return Broken(f"The {more} exceed the {less} by {text} {currency}.", "MvmntRcrd")


class CH16Supplement(TransactionRule):
    """Our own supplementary data, where given, are as their schema has them, and name requests and movements
    that are there."""

    reason = "CH16"
    cure = "Write SplmtryData as the schema clearing-cycle.01 has it, or leave it out."
    messages = (MULTILATERAL,)

    def check(
        self, transaction: MultilateralSettlementRequest, group: Group, scheme: Scheme
    ) -> Broken | None:
        if transaction.misread is None:
            return None
        what, where = transaction.misread
        return Broken(what, f"/Document/MulSttlmReq/SplmtryData/Envlp/{where}")


class AM09(TransactionRule):
    """What is told of how a movement came about comes to its amount, and two participants tell the same of
    each other."""

    reason = "AM09"
    cure = "Correct the figures in SplmtryData, or leave them out."
    messages = (MULTILATERAL,)

    def check(
        self, transaction: MultilateralSettlementRequest, group: Group, scheme: Scheme
    ) -> Broken | None:
        if transaction.misread is not None or not _is_readable(transaction):
            return None
        for place, what in unexplained(transaction.movements):
            return Broken(f"Of {transaction.movements[place - 1].record_id}, {what}.", _record(place, "Amt"))
        return None


def _is_readable(request: MultilateralSettlementRequest) -> bool:
    """Whether its movements can be added up; where they cannot, another rule says why."""
    movements = request.movements
    return len({each.currency for each in movements}) == 1 and all(
        each.amount_minor and each.direction for each in movements
    )


def _record(place: int, below: str) -> str:
    """A path below a request; it has two movement records at least, so that each has its number."""
    return f"MvmntRcrd[{place}]/{below}"
