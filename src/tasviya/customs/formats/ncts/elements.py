"""From a message's elements to facts: texts, numbers, days and instants, each with their path if wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from tasviya.core.clock import to_ns
from tasviya.core.currencies import UnknownCurrency, currency
from tasviya.core.errors import Refusal
from tasviya.core.money import AmountError, parse_amount
from tasviya.core.rounding import Rounding, rounded_ratio
from tasviya.customs.declaration import Amount
from tasviya.customs.declaration_rules import unknown_currency
from tasviya.customs.formats.ncts.messages import Address, Equipment, Header, Trader
from tasviya.customs.mrn import check
from tasviya.customs.quantity import THOUSAND
from tasviya.messages.xml import local_name, path_of

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

COUNTER = "/sequenceNumber"
"""An element that only numbers its siblings."""


class Elements:
    """A message that keeps to its schema. What is read is marked, what does not hold is kept."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.refusals: list[Refusal] = []
        self.rounded: list[str] = []
        self.seen: set[Element] = set()
        self.children: dict[Element, dict[str, list[Element]]] = {}
        """By element, those below it by name: looking names up in one pass is faster than searching."""
        self._index(root)

    def _index(self, parent: Element) -> None:
        named: dict[str, list[Element]] = {}
        for element in parent:
            named.setdefault(str(element.tag), []).append(element)
            if len(element):
                self._index(element)
        self.children[parent] = named

    def all(self, parent: Element, path: str) -> list[Element]:
        """Elements of a path of names."""
        if "/" not in path:
            return self.children.get(parent, {}).get(path, [])
        found = [parent]
        for name in path.split("/"):
            found = [each for above in found for each in self.children.get(above, {}).get(name, ())]
        return found

    def first(self, parent: Element, path: str) -> Element | None:
        found = self.all(parent, path)
        return found[0] if found else None

    def leaf(self, parent: Element, path: str) -> Element | None:
        """The first element of a path; it counts as read."""
        found = self.first(parent, path)
        if found is not None:
            self.seen.add(found)
        return found

    def text(self, parent: Element, path: str) -> str:
        found = self.leaf(parent, path)
        return "" if found is None or found.text is None else found.text.strip()

    def texts(self, parent: Element, path: str) -> tuple[str, ...]:
        found = self.all(parent, path)
        self.seen.update(found)
        return tuple(text for each in found if (text := (each.text or "").strip()))

    def whole(self, parent: Element, path: str) -> int | None:
        """A count: the schema has it in digits."""
        text = self.text(parent, path)
        return int(text) if text else None

    def flag(self, parent: Element, path: str) -> bool | None:
        text = self.text(parent, path)
        return text == "1" if text else None

    def day(self, parent: Element, path: str) -> date | None:
        text = self.text(parent, path)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self.refuse(parent, path, "DN04", f"{text} is no day.", "Write a day of the calendar.")
            return None

    def instant(self, parent: Element, path: str) -> int:
        """Nanoseconds since the epoch, of a time in UTC; 0 if it is not given."""
        text = self.text(parent, path)
        try:
            if "T24" in text:  # which the schema has for the midnight after; here a day has one name for it
                raise ValueError(text)
            return to_ns(datetime.fromisoformat(text).replace(tzinfo=UTC)) if text else 0
        except ValueError:
            self.refuse(
                parent, path, "DN04", f"{text} is no instant.", "Write a day, and a time to 23:59:59."
            )
            return 0

    def mass(self, parent: Element, path: str, rounding: Rounding) -> int | None:
        """Thousandths of a kilogram; NCTS allows for thousandths of that, which are rounded and told."""
        text = self.text(parent, path)
        if not text:
            return None
        whole, _, decimals = text.partition(".")
        over, under = int(whole + decimals) * THOUSAND, 10 ** len(decimals)
        if over % under:
            self.rounded.append(self.place(parent, path))
        return rounded_ratio(over, under, rounding)

    def amount(self, parent: Element, path: str, currency_path: str) -> Amount | None:
        text, code = self.text(parent, path), self.text(parent, currency_path)
        if not text:
            return None
        try:
            return Amount(parse_amount(text, currency(code)), code)
        except UnknownCurrency:
            broken = unknown_currency(code, "")
            self.refuse(parent, currency_path, "CR06", broken.what, broken.cure)
        except AmountError as error:
            self.refuse(parent, path, "DN04", f"{error}.", "Use no more decimals than the currency has.")
        return None

    def mrn(self, parent: Element, path: str) -> str:
        """A movement reference number, with its check digit; empty if there is none."""
        text = self.text(parent, path)
        wrong = check(text, self.place(parent, path)) if text else None
        if wrong:
            self.refusals.append(wrong)
        return text

    def header(self) -> Header:
        self.seen.update(self.all(self.root, "messageType"))
        return Header(
            self.text(self.root, "messageSender"),
            self.text(self.root, "messageRecipient"),
            self.instant(self.root, "preparationDateAndTime"),
            self.text(self.root, "messageIdentification"),
            self.text(self.root, "correlationIdentifier"),
        )

    def trader(self, parent: Element, path: str) -> Trader:
        found = self.first(parent, path)
        if found is None:
            return Trader()
        return Trader(
            self.text(found, "identificationNumber"),
            self.text(found, "TIRHolderIdentificationNumber"),
            self.text(found, "name"),
            self.address(found),
        )

    def address(self, parent: Element) -> Address | None:
        found = self.first(parent, "Address")
        if found is None:
            return None
        return Address(
            self.text(found, "streetAndNumber"),
            self.text(found, "city"),
            self.text(found, "country"),
            self.text(found, "postcode"),
        )

    def equipment(self, parent: Element) -> tuple[Equipment, ...]:
        found = self.all(parent, "TransportEquipment")
        for each in found:
            self.seen.update(self.all(each, "numberOfSeals"))  # the seals themselves are counted
        return tuple(
            Equipment(
                self.text(each, "containerIdentificationNumber"),
                self.texts(each, "Seal/identifier"),
                tuple(map(int, self.texts(each, "GoodsReference/declarationGoodsItemNumber"))),
            )
            for each in found
        )

    def location(self, parent: Element) -> str:
        """What qualifies the place, and the first that it says of it."""
        found = self.first(parent, "LocationOfGoods")
        if found is None:
            return ""
        paths = (
            "UNLocode",
            "CustomsOffice/referenceNumber",
            "authorisationNumber",
            "EconomicOperator/identificationNumber",
        )
        place = next((text for path in paths if (text := self.text(found, path))), "")
        return f"{self.text(found, 'qualifierOfIdentification')} {place}".strip()

    def refuse(self, parent: Element, path: str, code: str, what: str, cure: str) -> None:
        found = self.first(parent, path)
        line = parent.sourceline if found is None else found.sourceline
        self.refusals.append(Refusal(code, f"{what} (line {line})", cure, self.place(parent, path)))

    def place(self, parent: Element, path: str) -> str:
        """An element's path from the root; its parent's if it is not there."""
        found = self.first(parent, path)
        return path_of(parent if found is None else found, self.root)

    def left_out(self) -> tuple[str, ...]:
        """Paths in names of what says something and was not read, each once, in order."""
        found: dict[str, None] = {}
        waiting = [(self.root, f"/{local_name(self.root)}")]
        while waiting:
            element, where = waiting.pop()
            if below := self.children.get(element):
                named = reversed(below.items())
                waiting += [(each, f"{where}/{name}") for name, alike in named for each in reversed(alike)]
            elif element not in self.seen and (element.text or "").strip() and not where.endswith(COUNTER):
                found[where] = None
        return tuple(found)
