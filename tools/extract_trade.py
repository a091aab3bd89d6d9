"""Write the trade extracts that the lab ships, from the published files: python tools/extract_trade.py FOLDER

FOLDER holds trade_gravity_2006.csv.gz (gravity_no_zeros of the R package gravity) and
trade_agtpa_1986_2006.csv.gz (agtpa_applications of the R package tradepolicy). Only states that belong to a
region of lab/data/regions.csv are taken, in thousands of US dollars, and of the panel only PANEL_REGIONS.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

DATA = Path(__file__).parent.parent / "src" / "tasviya" / "lab" / "data"
YEARS = [str(year) for year in range(1986, 2007)]
PANEL_REGIONS = ("latam", "asean3", "mena", "eu14")

CROSS_SECTION_HEAD = """\
# Exports between states of the regions in regions.csv, one year, thousands of US dollars.
# Source: the data set gravity_no_zeros of the R package gravity (pachadotdev/gravity, Apache-2.0); states as
# there, by ISO 3166 alpha-3. The data set states no year; its totals fit the years around 2009. Some states
# are missing in it.
"""
PANEL_HEAD = """\
# Exports of manufactures within four regions, none between them, 1986 to 2006, thousands of US dollars.
# Source: the data set agtpa_applications of the R package tradepolicy (pachadotdev/tradepolicy, CC BY 4.0),
# after UNCTAD and WTO, An Advanced Guide to Trade Policy Analysis (2016). Reduced: four regions, no trade
# within a state, rounded. States by ISO 3166 alpha-3.
"""


def rows(file: Path) -> Iterator[dict[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8") as text:
        yield from csv.DictReader(text)


def thousands(millions: str) -> int:
    return round(Fraction(millions) * 1000)


def regions() -> dict[str, frozenset[str]]:
    text = (DATA / "regions.csv").read_text(encoding="utf-8")
    lines = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {line["region"]: frozenset(line["members"].split()) for line in lines}


def main() -> None:
    folder = Path(sys.argv[1])
    members = regions()
    wanted = frozenset().union(*members.values())
    lines = [
        f"{row['iso_o']},{row['iso_d']},{thousands(row['flow'])}\n"
        for row in rows(folder / "trade_gravity_2006.csv.gz")
        if row["iso_o"] in wanted and row["iso_d"] in wanted and thousands(row["flow"])
    ]
    text = CROSS_SECTION_HEAD + "exporter,importer,usd_thousand\n" + "".join(sorted(lines))
    (DATA / "trade_regions_2009.csv").write_text(text, encoding="utf-8")

    panel: dict[tuple[str, str, str], dict[str, int]] = {}
    for row in rows(folder / "trade_agtpa_1986_2006.csv.gz"):
        pair = row["exporter"], row["importer"]
        for name in PANEL_REGIONS:
            if pair[0] != pair[1] and members[name].issuperset(pair):
                panel.setdefault((name, *pair), {})[row["year"]] = thousands(row["trade"])
    lines = [
        ",".join([*flow, *(str(figures.get(year, "")) for year in YEARS)]) + "\n"
        for flow, figures in sorted(panel.items())
    ]
    text = PANEL_HEAD + ",".join(["region", "exporter", "importer", *YEARS]) + "\n" + "".join(lines)
    (DATA / "trade_panel_1986_2006.csv").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
