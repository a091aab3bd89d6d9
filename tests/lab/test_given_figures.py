"""A user's own rates and flows: read as they are published, or refused with their place."""

from __future__ import annotations

import os
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from tasviya.core.currencies import currency
from tasviya.core.errors import OperatorError, Refusal
from tasviya.lab.exchange_day import Wish, draw
from tasviya.lab.figures import rates, trade_matrix
from tasviya.lab.given_figures import currency_of, read_flows, read_rates

SHARED = Path(os.environ.get("TASVIYA_SHARED") or Path(__file__).parents[3] / "shared") / "data"


def file_of(directory: Path, *lines: str) -> Path:
    file = directory / "given.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


RATES = ("date,KZT,USD,UZS", "2026-09-28,600,1.2,13000", "# a comment", "2026-09-29,500,1.25,")


def test_rates_are_units_for_a_dollar_of_the_day_asked_for(tmp_path: Path) -> None:
    first = read_rates(file_of(tmp_path, *RATES), "2026-09-28")
    assert (first.day, first.per_usd["KZT"], first.per_usd["USD"]) == (date(2026, 9, 28), 500, 1)
    assert first.per_usd["EUR"] == Fraction(10, 12)


def test_rates_of_the_last_day_are_the_default_and_a_gap_is_no_rate(tmp_path: Path) -> None:
    last = read_rates(file_of(tmp_path, *RATES))
    assert (last.day, last.of("KZT")) == (date(2026, 9, 29), 400)
    with pytest.raises(OperatorError, match="no rate of UZS") as stopped:
        last.of("UZS")
    assert stopped.value.refusal.where.endswith("given.csv, line 4")


@pytest.mark.parametrize(
    ("unit", "value"), [("usd", "5000000"), ("usd_thousand", "5e3"), ("usd_million", "5")]
)
def test_flows_are_told_in_dollars_thousands_or_millions(tmp_path: Path, unit: str, value: str) -> None:
    found = read_flows(file_of(tmp_path, f"importer,note,exporter,{unit}", f"kaz,seen,UZ,{value}"))
    assert dict(found.usd) == {("UZ", "KZ"): 5_000_000}


@pytest.mark.parametrize("name", ["trade_2015", "trade_south_east_asia"])
def test_every_state_of_the_packages_figures_pays_in_a_currency_with_a_rate(name: str) -> None:
    codes = {currency_of(state) for state in trade_matrix(name).states}
    assert codes <= set(rates("2026-09-29").per_usd)
    assert all(currency(code) for code in codes)


def refused(act: object) -> Refusal:
    with pytest.raises(OperatorError) as stopped:
        act()  # type: ignore[operator]
    return stopped.value.refusal


@pytest.mark.parametrize(
    ("lines", "reason", "where"),
    [
        (("exporter,importer", "KZ,UZ"), "LB06", "line 1"),
        (("importer,usd", "KZ,5"), "LB06", "line 1"),
        ((), "LB06", "line 1"),
        (("exporter,importer,usd", "KZ,UZ"), "LB06", "line 2"),
        (("# note", "", "exporter,importer,usd", "KZ,UZ,-5"), "LB07", "line 4, usd"),
        (("exporter,importer,usd", "KZ,UZ,5", "KZ,KG,"), "LB07", "line 3, usd"),
        (("exporter,importer,usd", "KZ,UZ,NaN"), "LB07", "line 2, usd"),
        (("exporter,importer,usd", "KZ,UZ,1e99"), "LB07", "line 2, usd"),
        (("exporter,importer,usd", "KZ,XX,5"), "LB08", "line 2, importer"),
        (("exporter,importer,usd", "KZ,UZ,5", "KAZ,UZB,5"), "LB09", "line 3"),
    ],
)
def test_flows_that_do_not_hold_are_refused_with_their_place(
    tmp_path: Path, lines: tuple[str, ...], reason: str, where: str
) -> None:
    found = refused(lambda: read_flows(file_of(tmp_path, *lines)))
    assert (found.reason, found.where.partition("given.csv, ")[2]) == (reason, where)
    assert found.cure


@pytest.mark.parametrize(
    ("lines", "reason", "where"),
    [
        (("date,KZT", "2026-09-29,500"), "LB06", "line 1"),
        (("KZT,USD", "500,1.2"), "LB06", "line 1"),
        (("date,KZT,USD", "today,500,1.2"), "LB07", "line 2, date"),
        (("date,KZT,USD", "2026-09-29,0,1.2"), "LB07", "line 2"),
        (("date,KZT,USD", "2026-09-29,-5,1.2"), "LB07", "line 2, KZT"),
        (("date,KZT,USD", "2026-09-29,five,1.2"), "LB07", "line 2, KZT"),
        (("date,KZT,USD", "2026-09-29,500,"), "LB04", "line 2"),
        (("date,KZT,USD",), "LB03", ""),
    ],
)
def test_rates_that_do_not_hold_are_refused_with_their_place(
    tmp_path: Path, lines: tuple[str, ...], reason: str, where: str
) -> None:
    found = refused(lambda: read_rates(file_of(tmp_path, *lines)))
    assert (found.reason, found.where.partition("given.csv, ")[2]) == (reason, where)
    assert found.cure


def test_a_day_that_the_file_lacks_is_refused(tmp_path: Path) -> None:
    assert refused(lambda: read_rates(file_of(tmp_path, *RATES), "2026-01-01")).reason == "LB03"


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"PK\x03\x04\x80"])
def test_a_file_that_is_missing_or_no_text_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "given.csv"
    if content is not None:
        file.write_bytes(content)
    for read in (read_rates, read_flows):
        assert refused(lambda read=read: read(file)).reason == "LB05"


def test_a_currency_without_a_rate_is_never_taken_for_one(tmp_path: Path) -> None:
    flows = read_flows(file_of(tmp_path, "exporter,importer,usd", "KZ,UZ,5000000"))
    given = read_rates(file_of(tmp_path, "date,KZT,USD", "2026-09-29,500,1.2"))
    found = refused(lambda: draw(flows, given, Wish(orders=10)))
    assert (found.reason, found.what) == ("LB04", "There is no rate of UZS on 2026-09-29.")


def test_published_files_of_rates_and_flows_say_what_the_package_says() -> None:
    if not SHARED.exists():
        pytest.skip("the published files are not at hand")
    given = read_flows(SHARED / "trade" / "trade_2015_unctad.csv")
    carried = trade_matrix("trade_2015")
    assert given.usd.keys() == carried.usd.keys()
    assert all(abs(given.usd[pair] - carried.usd[pair]) <= 1 for pair in given.usd)
    published = read_rates(SHARED / "rates" / "rates_eur_daily.csv")
    packaged = rates("2026-09-29")
    shared = published.per_usd.keys() & packaged.per_usd.keys()
    assert len(shared) > 15
    assert all(published.per_usd[code] == packaged.per_usd[code] for code in shared)
