"""What holds goods, keeps a draw, a model or a mirror from being made: one small act each."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import date
from fractions import Fraction
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from tasviya.core.errors import Refusal, accepted
from tasviya.customs import licence as licences
from tasviya.customs import mirror as mirrors
from tasviya.customs.controls import ControlKind, ControlRule, check_controls
from tasviya.customs.declaration import Amount, Declaration, Document, Item, Kind, Party
from tasviya.customs.duty_units import Unit
from tasviya.customs.hit_rates import read_results
from tasviya.customs.licence import Licence, LicenceUse
from tasviya.customs.mirror_match import Accepted
from tasviya.customs.risk_history import History, part_of, read_history
from tasviya.customs.risk_score import Settings, load, score, train
from tasviya.customs.selectivity import drawn

Act = Callable[[Path], object]
DAY = date(2026, 10, 1)
L7 = Licence("L-7", "KZ-A", "2204", 1_000_000, Unit.KG, date(2026, 1, 1), date(2026, 12, 31))
D1 = LicenceUse("26KZ1", 1, DAY, "KZ-A", "220429", 400_000, Unit.KG)
WINE = Item(1, "220429", origin="MD", invoice=Amount(200_000, "EUR"), quantities={Unit.KG: 400_000})
IMPORT = Declaration("I-1", Kind.IMPORT, (WINE,), mrn="26KZ1", importer=Party("KZ-A"), procedure="4000")
RULE = ControlRule(
    "WINE", ControlKind.LICENCE, Kind.IMPORT, "Ministry of Finance", ("2204",), document="L100"
)
HEAD = "hs6_code,net_mass,item_price,tax_rate,fraud"
LINES = [f"220429,{place},{1 + place % 7},5,{place % 2}" for place in range(40)]


def of_l7(*acts: Callable[[Licence], Licence | Refusal]) -> Act:
    """What the last of some acts on a licence is refused with."""

    def act(_: Path) -> None:
        now = L7
        for each in acts:
            now = accepted(each(now))

    return act


def use(**change: object) -> Callable[[Licence], Licence | Refusal]:
    """The use D1, changed."""
    return lambda now: licences.use(now, replace(D1, **change))  # type: ignore[arg-type]


def held(rule: ControlRule, *shown: Document) -> Act:
    """The import under one rule."""

    def act(_: Path) -> None:
        declared = replace(IMPORT, documents=shown)
        (found,) = check_controls(declared, [rule], {}, DAY)
        accepted(found.refusal)

    return act


def results(text: str) -> Act:
    return lambda _: read_results(text.encode(), "results.csv")


def history(*lines: str) -> History:
    return read_history("\n".join(lines).encode(), "history.csv", labelled=True)


def learnt(lines: list[str]) -> Act:
    return lambda _: train(history(HEAD, *lines), Settings(rounds=1))


def without_the_extra(_: Path) -> None:
    with patch.dict(sys.modules, {"lightgbm": None}):
        train(history(HEAD, *LINES))


def without_a_category(_: Path) -> None:
    past = history(f"office_id,{HEAD}", *(f"1,{line}" for line in LINES))
    bare = History(past.ids, {"hs6_code": past.categories["hs6_code"]}, past.numbers, None)
    score(train(past, Settings(rounds=1)), part_of(bare, [0]))


def mirrored(*exports: Declaration) -> Act:
    """These exports and no import."""

    def act(_: Path) -> None:
        found = mirrors.mirror(
            [Accepted(each, DAY) for each in exports], [], "KZT", {"EUR": Fraction(500)}, DAY
        )
        assert isinstance(found, list)
        accepted(found[0])

    return act


def without_days(directory: Path) -> None:
    """`tasviya customs mirror` of a folder whose accepted.csv names a file that is not there."""
    from tasviya.cli.main import app

    (directory / "accepted.csv").write_text("file,accepted\nE1.json,2026-08-03\n", encoding="utf-8")
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        app(["customs", "mirror", str(directory), str(directory), "--currency", "EUR"], standalone_mode=False)


EXPORT = replace(IMPORT, lrn="E-1", kind=Kind.EXPORT, mrn="26MD1")
IN_YEN = replace(EXPORT, items=(replace(WINE, invoice=Amount(1, "JPY")),))
UNSAID = replace(RULE, goods=("22042911",))
BANNED = replace(RULE, kind=ControlKind.PROHIBITION, document="")

CONTROL_CASES: list[tuple[str, str, str, Act]] = [
    ("CN01", "Prohibited goods are stopped.", "Import wine where that is prohibited", held(BANNED)),
    ("CN02", "Goods that need a licence show it.", "Show none", held(RULE)),
    ("CN03", "A licence is known to its authority.", "Show one that nobody has issued",
     held(RULE, Document("L100", "W-9"))),
    ("CN04", "A declaration says what a rule needs to know.", "Give six digits where a rule has eight",
     held(UNSAID)),
    ("LI01", "A licence is used while it is valid.", "Use it a day later", of_l7(use(on=date(2027, 1, 1)))),
    ("LI02", "A licence is used by its holder.", "Let another declare", of_l7(use(holder="KZ-B"))),
    ("LI03", "A licence is for its goods.", "Declare 220510 by one for 2204", of_l7(use(goods="220510"))),
    ("LI04", "A use takes a quantity in the licence's unit.", "State none", of_l7(use(quantity=None))),
    ("LI05", "A licence is used within its quantity.", "Use a gram more than is left",
     of_l7(use(), use(reference="26KZ2", quantity=600_001))),
    ("LI06", "An item uses a licence once.", "Use it again for another quantity",
     of_l7(use(), use(quantity=1))),
    ("LI07", "Only a use that was made is given back.", "Give back another's",
     of_l7(lambda now: licences.give_back(now, "26KZ9"))),
    ("SL01", "A declaration has its MRN before it is drawn.", "Draw one without",
     lambda _: accepted(drawn("", b"x" * 16, Fraction(1, 50)))),
    ("SL02", "The secret of the draw has 16 bytes.", "Take 15",
     lambda _: accepted(drawn("26KZ1", b"x" * 15, Fraction(1, 50)))),
    ("SL03", "Results of controls say what was found.", "Write perhaps",
     results("mrn,rules,found\n26KZ1,WINE,perhaps\n")),
    ("RK01", "A history has a line.", "Give its heading alone", learnt([])),
    ("RK02", "A history has its columns.", "Leave the label out",
     lambda _: history("hs6_code,net_mass,item_price,tax_rate")),
    ("RK03", "A number is finite, and 0 or more.", "Write a mass of `nan`", learnt(["220429,nan,1,5,0"])),
    ("RK04", "A control found something or did not.", "Write 2", learnt(["220429,1,1,5,2"])),
    ("RK05", "Models need the extra `risk`.", "Train without it", without_the_extra),
    ("RK06", "There is enough to learn from.", "Give ten lines", learnt(LINES[:10])),
    ("RK07", "A model is one that `train` wrote.", "Load another file", lambda _: load(b"{}", "model.json")),
    ("RK08", "Lines have the categories that were learnt.", "Leave the office out", without_a_category),
    ("MR01", "Exports are mirrored with imports.", "Give an import among exports", mirrored(IMPORT)),
    ("MR02", "A declaration is given once.", "Give it twice", mirrored(EXPORT, EXPORT)),
    ("MR03", "Every currency has a rate.", "Price an export in yen without one", mirrored(IN_YEN)),
    ("MR04", "Every declaration has its day of acceptance.", "Name a file that is not there", without_days),
]  # fmt: skip
