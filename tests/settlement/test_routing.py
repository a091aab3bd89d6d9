"""The gross route: whose accounts a payment moves, with correspondents at either end, both, or the same."""

from __future__ import annotations

import pytest

from tasviya.core.currencies import currency
from tasviya.settlement.accounts import BOOKS, AccountKind, ledger_account
from tasviya.settlement.routing import End, path

KZT = currency("KZT")
ROUTES = {"E": "C", "F": "C", "G": "A"}
"""Respondents and their correspondents; A, B and C hold accounts of their own."""


def account(kind: str, owner: str, other: str = ""):  # type: ignore[no-untyped-def]
    return ledger_account(AccountKind[kind.upper()], owner, KZT, other)


def end(code: str) -> End:
    bank = ROUTES.get(code)
    if bank is None:
        return End(code, account("settlement", code))
    return End(
        code,
        account("settlement", bank),
        account("vostro", bank, code),
        account("vostro_control", bank),
        account("nostro", code, bank),
        account("nostro_control", code),
    )


NAMES = {
    each.id: each.key.replace("/KZT/", ".").replace("settlement", "money")
    for code in "ABCEFG"
    for each in (
        [account("settlement", code)]
        if code not in ROUTES
        else [
            v
            for v in (end(code).vostro, end(code).vostro_control, end(code).nostro, end(code).nostro_control)
            if v
        ]
    )
}

TABLE = """
A > B   from A.money                 to B.money
E > B   from C.vostro/E C.money      to B.money
A > E   from A.money                 to C.money C.vostro/E
E > G   from C.vostro/E C.money      to A.money A.vostro/G
E > F   from C.vostro/E              to C.vostro/F
E > C   from C.vostro/E              to
C > E   from                         to C.vostro/E
"""


@pytest.mark.parametrize("line", TABLE.strip().splitlines())
def test_route(line: str) -> None:
    payer, _, payee, rest = line.split(maxsplit=3)
    sources, _, receives = rest.removeprefix("from").partition("to")
    found = path(end(payer), end(payee))
    assert [NAMES[each] for each in found.sources] == sources.split()
    assert [NAMES[each] for each in found.receives] == receives.split()


@pytest.mark.parametrize("line", TABLE.strip().splitlines())
def test_legs_balance_and_keep_money_apart_from_books(line: str) -> None:
    payer, _, payee, _ = line.split(maxsplit=3)
    found = path(end(payer), end(payee))
    assert found.legs, "something moves"
    assert len({leg.name for leg in found.legs}) == len(found.legs), "ids derive from names"
    moved: dict[int, int] = {}
    for leg in found.legs:
        assert leg.partition == KZT.number + (0 if leg.name == "settlement" else BOOKS)
        moved[leg.debit] = moved.get(leg.debit, 0) - 1
        moved[leg.credit] = moved.get(leg.credit, 0) + 1
    assert sum(moved.values()) == 0
    for code, bank in ROUTES.items():
        vostro, nostro = account("vostro", bank, code).id, account("nostro", code, bank).id
        assert moved.get(vostro, 0) == -moved.get(nostro, 0), "a nostro mirrors its vostro"


@pytest.mark.parametrize(
    ("payer", "payee", "between"), [("A", "B", ("A", "B")), ("E", "G", ("C", "A")), ("E", "F", ("", ""))]
)
def test_limits_bind_those_whose_money_moves(payer: str, payee: str, between: tuple[str, str]) -> None:
    assert path(end(payer), end(payee)).between == between


def test_everyone_whose_account_moves_is_told_once() -> None:
    told = path(end("E"), end("G")).tells
    assert [(code, is_debit) for code, _, is_debit in told] == [
        ("E", True),
        ("C", True),
        ("A", False),
        ("G", False),
    ]
    assert [code for code, _, _ in path(end("E"), end("F")).tells] == ["E", "F"]
