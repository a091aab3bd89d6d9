"""The proof of a set-off from the files of its result alone, without the solver.

    cancelled.csv + residual.csv = the obligations; their digest is the certificate's
    with cancelled, prices and credit ──setoff_certificate.verify──▶ S1…S5

- **F1** the obligations are those that the certificate names.
- **F2** the certificate's figures are what the files come to.
- **F3** with a file of obligations: they are that file's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from tasviya.core.errors import OperatorError, accepted
from tasviya.core.money import format_minor
from tasviya.services.obligation_files import DECIMALS_MAX, firm_values, read
from tasviya.services.obligations import Obligations, together
from tasviya.services.setoff import CERTIFICATE, FORMAT, Certificate, digest_of
from tasviya.settlement.setoff import TOTAL_MAX, Int64s, SetOff, added, debts
from tasviya.settlement.setoff_certificate import Verdict, verify


@dataclass(frozen=True, slots=True)
class Proof:
    """What the files prove. violations: one sentence each, with the rule in front."""

    certificate: Certificate
    verdict: Verdict
    violations: tuple[str, ...]
    same_file: bool | None
    """Whether the file of obligations is the very one that was set off; None without a file."""

    def facts(self) -> dict[str, object]:
        """For people and programs."""
        stated, decimals = self.certificate, self.certificate.decimals
        told: dict[str, object] = {
            "holds": "no" if self.violations else "yes",
            "optimal": "proven" if self.verdict.proven and not self.violations else "not proven",
            "firms": stated.firms,
            "obligations": stated.obligations,
            "currency": stated.currency,
            "total": format_minor(stated.total, decimals),
            "cancelled": format_minor(self.verdict.cancelled, decimals),
            "bound": format_minor(self.verdict.bound, decimals),
            "lent": format_minor(self.verdict.lent, decimals),
            "violations": len(self.violations),
        }
        if self.same_file is not None:
            told["file"] = "the same" if self.same_file else "the same obligations, written otherwise"
        return told


def prove(
    files: Mapping[str, bytes],
    where: str,
    given: bytes | None = None,
    name: str = "",
    *,
    repeats: bool = True,
) -> Proof:
    """Prove a result, and if a file of obligations is given, that it is this file's.

    files: by name, without the directory. where, name: the directory and the file, for error texts.
    Raises: OperatorError if the files are no result, or cannot be read.
    """
    stated = _certificate(files, where)
    cancelled = read(
        _file(files, "cancelled.csv", where), f"{where}/cancelled.csv", stated.decimals, repeats=True
    )
    left = read(_file(files, "residual.csv", where), f"{where}/residual.csv", stated.decimals, repeats=True)
    all_of_them, of_cancelled = together(cancelled, left)
    owed, place = accepted(
        debts(len(all_of_them.names), all_of_them.debtor, all_of_them.creditor, all_of_them.amount)
    )
    prices = firm_values(files.get("prices.csv"), f"{where}/prices.csv", all_of_them.names, ("price",))
    lent = firm_values(
        files.get("credit.csv"), f"{where}/credit.csv", all_of_them.names, ("credit", "held"), stated.decimals
    )
    made = SetOff(
        added(place, of_cancelled, len(owed)),
        prices[0],
        lent[0],
        lent[1],
        stated.credit_limit,
        stated.optimal,
    )
    verdict = verify(owed, made)
    broken = [
        _named(each.what, each.rule.name, each.firm, each.row, all_of_them, owed.debtor)
        for each in verdict.violations
    ]
    digest = all_of_them.digest()
    broken += _stated(stated, all_of_them, digest, owed.total, verdict)
    same_file = None
    if given is not None:
        asked = read(given, name, stated.decimals, repeats=repeats)
        if asked.digest() != digest:
            broken.append(f"F3: {_difference(asked, all_of_them)}")
        same_file = digest_of(given) == stated.input_sha256
        for what, said, found in (
            ("currency", stated.currency, asked.currency),
            ("rows", stated.rows, asked.rows if same_file else stated.rows),
        ):
            if said != found:
                broken.append(
                    f"F3: {what}: the file has {found or 'none'}, the certificate {said or 'none'}."
                )
    return Proof(stated, verdict, tuple(broken), same_file)


def _stated(stated: Certificate, given: Obligations, digest: str, total: int, verdict: Verdict) -> list[str]:
    broken = []
    if digest != stated.obligations_sha256:
        broken.append("F1: cancelled and residual amounts do not come to the certificate's obligations.")
    figures = {
        "obligations": len(given),
        "firms": len(given.names),
        "total": total,
        "lent": verdict.lent,
        "cancelled": verdict.cancelled,
        "bound": verdict.bound,
    }
    for name, found in figures.items():
        if getattr(stated, name) != found:
            broken.append(f"F2: {name} is {found}, not {getattr(stated, name)}.")
    return broken


def _named(what: str, rule: str, firm: int, row: int, given: Obligations, debtor: Int64s) -> str:
    if row >= 0:
        firm = int(debtor[row])
    return f"{rule}: {given.names[firm] + ': ' if firm >= 0 else ''}{what}"


def _difference(asked: Obligations, proven: Obligations) -> str:
    """The first obligation in which two differ, in words."""

    def rows(given: Obligations) -> dict[tuple[str, str, str], int]:
        names = given.names
        references = given.references or ("",) * len(given)
        columns = (given.debtor.tolist(), given.creditor.tolist(), references, given.amount.tolist())
        return {(names[d], names[c], r): a for d, c, r, a in zip(*columns, strict=True)}

    there, here = rows(asked), rows(proven)
    first = min(key for key in there.keys() | here.keys() if there.get(key) != here.get(key))
    debtor, creditor, reference = first
    name = f"{debtor} to {creditor}{f' ({reference})' if reference else ''}"
    return f"{name}: the file has {there.get(first, 0)}, the result {here.get(first, 0)}, in minor units."


def _certificate(files: Mapping[str, bytes], where: str) -> Certificate:
    raw = _file(files, CERTIFICATE, where)
    try:
        stated = msgspec.json.decode(raw, type=Certificate)
    except msgspec.DecodeError as error:
        raise _no_result(f"{CERTIFICATE} cannot be read: {error}.", f"{where}/{CERTIFICATE}") from None
    if stated.format != FORMAT:
        raise _no_result(f"Its format is {stated.format:.40}, not {FORMAT}.", f"{where}/{CERTIFICATE}")
    if not (0 <= stated.decimals <= DECIMALS_MAX and 0 <= stated.credit_limit <= TOTAL_MAX):
        raise _no_result("decimals or credit_limit are out of bounds.", f"{where}/{CERTIFICATE}")
    return stated


def _file(files: Mapping[str, bytes], name: str, where: str) -> bytes:
    if name not in files:
        raise _no_result(f"{name} is not there.", where)
    return files[name]


def _no_result(what: str, where: str) -> OperatorError:
    cure = "Name the folder that `tasviya setoff` has written, with all its files."
    return OperatorError("not_a_result", what, cure, where)
