"""Rules on who pays whom: accounts, institutions, identities, names, addresses, characters."""

from __future__ import annotations

import re

from tasviya.messages.identifiers import bic_holds, iban_holds, lei_holds, uetr_holds
from tasviya.messages.model import CreditTransfer, Group
from tasviya.messages.rules.base import CUSTOMER, INSTITUTION, TRANSFERS, Broken, Rule, TransactionRule
from tasviya.messages.scheme import Scheme


class AC02(TransactionRule):
    """The debtor's account, where given as IBAN, has its country's length and right check digits."""

    reason = "AC02"
    cure = "Correct the IBAN, or give the account under Othr."
    messages = TRANSFERS

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        number = transaction.debtor_account
        if (
            not transaction.debtor_account_is_iban
            or number is None
            or iban_holds(number, scheme.iban_lengths)
        ):
            return None
        return Broken(f"{number} is no IBAN.", "DbtrAcct/Id/IBAN")


class AC03(TransactionRule):
    """The creditor's account, where given as IBAN, has its country's length and right check digits."""

    reason = "AC03"
    cure = "Correct the IBAN, or give the account under Othr."
    messages = TRANSFERS

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        number = transaction.creditor_account
        if (
            not transaction.creditor_account_is_iban
            or number is None
            or iban_holds(number, scheme.iban_lengths)
        ):
            return None
        return Broken(f"{number} is no IBAN.", "CdtrAcct/Id/IBAN")


def _bic(bic: str | None, where: str) -> Broken | None:
    where = f"{where}/FinInstnId/BICFI"
    if bic is None:
        return Broken("The institution is not named by a BIC.", where)
    if bic_holds(bic):
        return None
    return Broken(f"{bic} is no BIC: its country {bic[4:6]} does not exist.", where)


class RC06(TransactionRule):
    """The debtor's agent is named by a BIC whose country exists."""

    reason = "RC06"
    cure = "Give the institution's BIC in BICFI."
    messages = (CUSTOMER,)

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        return _bic(transaction.debtor_agent, "DbtrAgt")


class RC06Institution(TransactionRule):
    """The debtor, an institution, is named by a BIC whose country exists; so is its agent, where given."""

    reason = "RC06"
    cure = "Give the institution's BIC in BICFI."
    messages = (INSTITUTION,)

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        agent = transaction.debtor_agent
        found = None if agent is None else _bic(agent, "DbtrAgt")
        return found or _bic(transaction.debtor_bic, "Dbtr")


class RC07(TransactionRule):
    """The creditor's agent is named by a BIC whose country exists."""

    reason = "RC07"
    cure = "Give the institution's BIC in BICFI."
    messages = (CUSTOMER,)

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        return _bic(transaction.creditor_agent, "CdtrAgt")


class RC07Institution(TransactionRule):
    """The creditor, an institution, is named by a BIC whose country exists; so is its agent, where given."""

    reason = "RC07"
    cure = "Give the institution's BIC in BICFI."
    messages = (INSTITUTION,)

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        agent = transaction.creditor_agent
        found = None if agent is None else _bic(agent, "CdtrAgt")
        return found or _bic(transaction.creditor_bic, "Cdtr")


class BE16(TransactionRule):
    """The debtor's LEI, where given, has right check digits."""

    reason = "BE16"
    cure = "Correct the LEI or leave it out."
    messages = TRANSFERS

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        lei = transaction.debtor_lei
        return None if lei is None or lei_holds(lei) else Broken(f"{lei} is no LEI.", "Dbtr")


class BE17(TransactionRule):
    """The creditor's LEI, where given, has right check digits."""

    reason = "BE17"
    cure = "Correct the LEI or leave it out."
    messages = TRANSFERS

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        lei = transaction.creditor_lei
        return None if lei is None or lei_holds(lei) else Broken(f"{lei} is no LEI.", "Cdtr")


class CH16(TransactionRule):
    """The transaction carries a UETR: a version 4 UUID in small letters, the same along the whole chain."""

    reason = "CH16"
    cure = "Send the UETR that the payer's bank gave the payment."
    messages = TRANSFERS

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        uetr = transaction.uetr
        if uetr is None:
            return Broken("There is no UETR.", "PmtId") if scheme.uetr_required else None
        return None if uetr_holds(uetr) else Broken(f"{uetr} is no UETR.", "PmtId/UETR")


class RR02(TransactionRule):
    """A customer's payment names the debtor, with an address where the scheme wants one."""

    reason = "RR02"
    cure = "Give the debtor's name, and address with town and country where the scheme asks for it."
    messages = (CUSTOMER,)

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        if not transaction.debtor_name:
            return Broken("The debtor has no name.", "Dbtr/Nm")
        town, country = transaction.debtor_town, transaction.debtor_country
        if not (scheme.address_required or scheme.structured_address):
            return None
        return _address(scheme, town, country, transaction.debtor_address_lines, "Dbtr", "debtor")


class RR03(TransactionRule):
    """A customer's payment names the creditor, with an address where the scheme wants one."""

    reason = "RR03"
    cure = "Give the creditor's name, and address where the scheme asks for it."
    messages = (CUSTOMER,)

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        if not transaction.creditor_name:
            return Broken("The creditor has no name.", "Cdtr/Nm")
        given = (
            transaction.creditor_town or transaction.creditor_country or transaction.creditor_address_lines
        )
        if scheme.address_required and not given:
            return Broken("The creditor has no address.", "Cdtr/PstlAdr")
        return None


class BE04(TransactionRule):
    """The creditor's address, where the scheme wants it structured, has its town and country."""

    reason = "BE04"
    cure = "Give TwnNm and Ctry in their own elements."
    messages = (CUSTOMER,)

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        town, country = transaction.creditor_town, transaction.creditor_country
        if not scheme.structured_address or not (town or country or transaction.creditor_address_lines):
            return None
        return _address(scheme, town, country, transaction.creditor_address_lines, "Cdtr", "creditor")


def _address(
    scheme: Scheme, town: str | None, country: str | None, lines: tuple[str, ...], side: str, who: str
) -> Broken | None:
    """An address that is missing though required, or has no town and country though it must be structured."""
    if not (town or country or lines):
        return Broken(f"The {who} has no address.", f"{side}/PstlAdr") if scheme.address_required else None
    if scheme.structured_address and not (town and country):
        missing = " and ".join(name for name, value in (("TwnNm", town), ("Ctry", country)) if not value)
        return Broken(f"The {who}'s address has no {missing}.", f"{side}/PstlAdr")
    return None


class RR10(Rule):
    """Every text consists of characters that the scheme accepts: printable ones of any script, or SWIFT's
    Latin set."""

    reason = "RR10"
    cure = "Leave the character out or replace it."

    def check_text(self, text: str, scheme: Scheme) -> str | None:
        """The finding in a text, if any."""
        if scheme.character_rule == "latin":
            match = _OUTSIDE_LATIN(text)
        else:
            match = None if text.isprintable() else _UNPRINTABLE(text)
        if match is None:
            return None
        return f"Character U+{ord(match[0]):04X} is not accepted."


# Joiners and direction marks (U+200C–U+200F), which Persian and Arabic need, are printable enough; the
# directional overrides, which can make 100 read as 001, are not.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2060-\u206f\ue000-\uf8ff\ufeff\ufff0-\uffff"
    "\U000e0000-\U0010ffff]"
).search
# Source: SWIFT character set x, as the standard's FIN-compatible text types use it.
_OUTSIDE_LATIN = re.compile(r"[^A-Za-z0-9/\-?:().,'+ \r\n\t]").search
