"""A bank's customers in the lab: invented companies with account numbers as their country writes them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tasviya.lab.figures import companies
from tasviya.membership.participant import Participant

CUSTOMERS_A_BANK = 32

_IBAN_BODY = {"BY": (4, 20), "IR": (0, 22), "KZ": (0, 16), "PK": (4, 16)}
"""Letters and digits after an IBAN's check digits, where a country of the examples uses IBANs."""
_NUMBER_LENGTH = {"RU": 20, "TJ": 20, "UZ": 20, "CN": 19, "SG": 10, "TH": 10, "VN": 13}
_DEFAULT_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Customer:
    """Who pays or is paid through a bank."""

    name: str
    town: str
    country: str
    account: str


def customers(bank: Participant, place: int) -> list[Customer]:
    """A bank's customers: the same for the same bank, whatever the seed of the day.

    place: the bank's place among its member's, so that neighbours serve different companies first.
    """
    known = companies(bank.member)
    draw = Random(f"customers of {bank.code}")
    return [
        Customer(company.name, company.town, company.country, account_number(bank.member, bank.code, draw))
        for company in (known[(place + n) % len(known)] for n in range(CUSTOMERS_A_BANK))
    ]


def account_number(country: str, bank_code: str, draw: Random) -> str:
    """An account number: an IBAN with right check digits where the country uses IBANs."""
    if country not in _IBAN_BODY:
        return _digits(draw, _NUMBER_LENGTH.get(country, _DEFAULT_LENGTH))
    letters, digits = _IBAN_BODY[country]
    bank_letters = [char for char in bank_code.partition("-")[2] if char.isalpha()]
    body = "".join(bank_letters).ljust(letters, "X")[:letters] + _digits(draw, digits)
    return country + iban_check_digits(country, body) + body


def iban_check_digits(country: str, body: str) -> str:
    """The two digits that make an IBAN of a country and its own number (ISO 7064 modulo 97-10)."""
    value = int("".join(str(int(char, 36)) for char in body + country + "00"))
    return f"{98 - value % 97:02d}"


def _digits(draw: Random, count: int) -> str:
    return f"{draw.getrandbits(4 * count) % (9 * 10 ** (count - 1)) + 10 ** (count - 1)}"
