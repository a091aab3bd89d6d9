"""Identifiers that check themselves: IBAN and LEI (ISO 7064 mod 97-10), BIC (ISO 9362), UETR (RFC 4122)."""

from __future__ import annotations

import re

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_value_of = {digit: str(value) for value, digit in enumerate(_DIGITS)}.__getitem__
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}").fullmatch
_LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}").fullmatch
_BIC = re.compile(r"[A-Z0-9]{4}([A-Z]{2})[A-Z0-9]{2}(?:[A-Z0-9]{3})?").fullmatch
_UETR = re.compile(r"[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}").fullmatch

_COUNTRY_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH
ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT
HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI
NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_COUNTRY_CODES.split())
"""ISO 3166-1 codes of two letters, and XK, which BICs and IBANs use for Kosovo."""


def iban_holds(text: str, lengths: dict[str, int] | None = None) -> bool:
    """Whether a text is an IBAN with the right check digits, and of its country's length where one is given.

    Source: ISO 13616-1, section 7; ISO 7064 mod 97-10.
    """
    if _IBAN(text) is None or (lengths and lengths.get(text[:2], len(text)) != len(text)):
        return False
    return _remainder(text[4:] + text[:4]) == 1


def lei_holds(text: str) -> bool:
    """Whether a text is a legal entity identifier with the right check digits.

    Source: ISO 17442-1, annex A.
    """
    return _LEI(text) is not None and _remainder(text) == 1


def bic_holds(text: str) -> bool:
    """Whether a text has a BIC's form and its country exists. Source: ISO 9362:2022."""
    match = _BIC(text)
    return match is not None and match[1] in COUNTRIES


def uetr_holds(text: str) -> bool:
    """Whether a text is a version 4 UUID in small letters, as a UETR must be."""
    return _UETR(text) is not None


def _remainder(text: str) -> int:
    """What is left of digits and capitals, each capital as a number from 10 to 35, after division by 97."""
    return int("".join(map(_value_of, text))) % 97
