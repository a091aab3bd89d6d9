"""What is wrong with goods codes, rules of origin, bills of materials and certificates: one small act each."""

# ruff: noqa: E501 - the table is wider than text
from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path

from tasviya.core.errors import Refusal, accepted
from tasviya.customs import certificate as certificates
from tasviya.customs.certificate import Certificate, Use
from tasviya.customs.nomenclature import GoodsCode, goods_code
from tasviya.customs.origin import Material, Product, WhollyObtained, judge

Act = Callable[[Path], object]
HEAD = "goods_code,value,originating"
MATERIAL = "520942,50.00,no"
C7 = Certificate(
    number="C-7",
    issuer="Chamber of Navbahor",
    exporter="Aqsu Textile",
    consignee="KZ-BARAKA",
    origin="UZ",
    goods=GoodsCode("620342"),
    rule="CTH",
    quantity=1000,
    unit="kg",
    issued_on=date(2026, 3, 1),
    valid_until=date(2026, 12, 31),
)
D1 = Use("D-1", date(2026, 5, 4), "KZ-BARAKA", GoodsCode("620342"), 400, "kg")
MADE_HERE = judge(WhollyObtained(), Product(GoodsCode("620342"), 100, ()))
MADE_ELSEWHERE = judge(
    WhollyObtained(), Product(GoodsCode("620342"), 100, (Material(GoodsCode("620311"), 90),))
)


def command(*words: str) -> None:
    from tasviya.cli.main import app

    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        app(list(words), standalone_mode=False)


def goods(code: str) -> Act:
    """`tasviya goods` with this code."""
    return lambda _: command("goods", code)


def read(code: str) -> Act:
    """A declaration's goods code, where 999999 will not do."""
    return lambda _: accepted(goods_code(code))


def origin(
    *lines: str, rule: str = "CTH", price: str = "100.00", more: tuple[str, ...] = (), head: str = HEAD
) -> Act:
    """`tasviya origin` of a file of these lines."""

    def act(directory: Path) -> None:
        file = directory / "materials.csv"
        file.write_text("\n".join((head, *lines)) + "\n", encoding="utf-8")
        words = ("--rule", rule, "--goods", "620342", "--price", price, *more)
        command("origin", str(file), *words)

    return act


def of_c7(*acts: Callable[[Certificate], Certificate | Refusal]) -> Act:
    """What the last of some acts on a certificate is refused with."""

    def act(_: Path) -> None:
        now = C7
        for each in acts:
            now = accepted(each(now))

    return act


def use(**change: object) -> Callable[[Certificate], Certificate | Refusal]:
    """The use D-1, changed."""
    return lambda now: certificates.use(now, replace(D1, **change))  # type: ignore[arg-type]


def revoke(now: Certificate) -> Certificate | Refusal:
    return certificates.revoke(now, date(2026, 4, 1), "issued in error")


GOODS_CASES: list[tuple[str, str, str, Act]] = [
    ("GC01", "Goods have a code.", "`tasviya goods \"\"`", goods("")),
    ("GC02", "A goods code is all digits, 0 to 9.", "Write it in Arabic digits", goods("٠٩٠١١١")),
    ("GC03", "A goods code has 6, 8 or 10 digits: no zero is put in silently.", "Lose the leading zero of 07102210",
     goods("7102210")),
    ("GC04", "A goods code has the six digits of a subheading.", "Lose the leading zero of 090111",
     goods("90111")),
    ("GC05", "A goods code has at most ten digits.", "Write twelve", goods("090111000000")),
    ("GC06", "The subheading is one of the Harmonized System.", "Name 090113", goods("090113")),
    ("GC07", "Goods are specified.", "Declare 999999", read("999999")),
    ("RO01", "There is a rule of origin, of at most 2,000 characters.", '`--rule ""`', origin(rule="")),
    ("RO02", "A rule is made of conditions.", "`--rule CHT`", origin(rule="CHT")),
    ("RO03", "Content and foreign value have a percentage, 0 to 100.", "`--rule \"RVC 140\"`",
     origin(rule="RVC 140")),
    ("RO04", "Codes in a rule are of the Harmonized System.", "Except heading 7701, which does not exist",
     origin(rule="CC except 7701")),
    ("RO05", "A rule is whole.", "End it with `or`", origin(rule="CTH or")),
    ("RO06", "Groups in a rule do not stand too deep.", "Open ten parentheses", origin(rule="(" * 10 + "WO")),
    ("BM01", "A product has a price, of which shares are taken.", "`--price 0`", origin(MATERIAL, price="0")),
    ("BM02", "A bill of materials has its columns.", "Leave `originating` out", origin(head="goods_code,value")),
    ("BM03", "A row has a cell a column.", "Leave a cell out", origin("520942,50.00")),
    ("BM04", "A material's value is an amount, not below zero.", "Write a third decimal",
     origin("520942,50.001,no")),
    ("BM05", "A material originates or does not.", "Write perhaps", origin("520942,50.00,perhaps")),
    ("bad_tolerance", "A tolerance is 0 to 100 percent.", "`--tolerance much`",
     origin(MATERIAL, more=("--tolerance", "much"))),
    ("bad_price", "A price has the currency's decimals at most.", "Write a third one",
     origin(MATERIAL, price="100.001")),
    ("CO01", "A certificate is used by its last day.", "Use it a day later", of_c7(use(on=date(2027, 1, 1)))),
    ("CO02", "A certificate is used once it is issued.", "Use it the day before", of_c7(use(on=date(2026, 2, 28)))),
    ("CO03", "A revoked certificate is not used.", "Use one that was revoked", of_c7(revoke, use())),
    ("CO04", "A certificate is for one consignee.", "Let another declare", of_c7(use(consignee="KZ-CHORSU"))),
    ("CO05", "A certificate is for one kind of goods.", "Declare 620343 by one for 620342",
     of_c7(use(goods=GoodsCode("620343")))),
    ("CO06", "A certificate is used within its quantity.", "Use 1,001 of 1,000 kg", of_c7(use(quantity=1001))),
    ("CO07", "A use takes a quantity in the certificate's unit.", "Use tonnes of one for kg", of_c7(use(unit="t"))),
    ("CO08", "A declaration uses a certificate once.", "Use it again for another quantity",
     of_c7(use(), use(quantity=1))),
    ("CO09", "A certificate is issued for goods that originate.", "Issue one for trousers made elsewhere",
     of_c7(lambda now: certificates.issue(now, MADE_ELSEWHERE))),
    ("CO10", "A certificate is issued for a quantity.", "Issue one for 0 kg",
     of_c7(lambda now: certificates.issue(replace(now, quantity=0), MADE_HERE))),
    ("CO11", "A certificate ends after it begins.", "Let it end in February",
     of_c7(lambda now: certificates.issue(replace(now, valid_until=date(2026, 2, 1)), MADE_HERE))),
    ("CO12", "What is used up is controlled afterwards, not verified.", "Use all, then verify",
     of_c7(use(quantity=1000), lambda now: certificates.verify(now, date(2026, 6, 1)))),
    ("CO13", "Only a use that was made is given back.", "Give back D-9",
     of_c7(lambda now: certificates.give_back(now, "D-9"))),
]  # fmt: skip
