"""Write the Harmonized System that the package ships: python tools/extract_nomenclature.py FILE

FILE is harmonized-system.csv, gzipped, of the data set datasets/harmonized-system: UN Comtrade's list of HS
2022 with the columns section, hscode, description, parent, level. The code says its section and parent, so
only codes and texts are kept, a line each, tab between, in order of the codes.
"""

from __future__ import annotations

import csv
import gzip
import sys
from pathlib import Path

TARGET = Path(__file__).parent.parent / "src" / "tasviya" / "customs" / "data" / "hs2022.tsv.gz"


def main() -> None:
    with gzip.open(sys.argv[1], "rt", encoding="utf-8-sig") as text:
        texts = {row["hscode"]: " ".join(row["description"].split()) for row in csv.DictReader(text)}
    codes = sorted(code for code in texts if code.isdigit())
    lines = "".join(f"{code}\t{texts[code].rstrip(' ,')}\n" for code in codes)
    TARGET.write_bytes(gzip.compress(lines.encode("ascii"), 9, mtime=0))
    sys.stdout.write(f"{TARGET.name}: {len(codes)} codes, {TARGET.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
