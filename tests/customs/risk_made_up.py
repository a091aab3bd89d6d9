"""Declarations that nobody made, with findings that follow from importer, goods, price and chance."""

from __future__ import annotations

from random import Random

HEADING = (
    "Declaration ID,Office ID,Declarant ID,Importer ID,Seller ID,HS6 Code,Country of Origin,Tax Rate,"
    "Net Mass,Item Price,Fraud"
)
GOODS = ("090111", "220429", "300490", "520942", "620342", "640399", "851010", "870323", "901811", "950300")
IMPORTERS = 120


def history(lines: int, seed: int) -> bytes:
    """A CSV of so many lines. A third of importers are bold, and most in goods of their own choice."""
    drawn, world = Random(seed), Random(1)
    bold = [world.random() < 1 / 3 for _ in range(IMPORTERS)]
    taste = [world.choice(GOODS) for _ in range(IMPORTERS)]
    rows = [HEADING]
    for number in range(lines):
        importer = int(IMPORTERS * drawn.random() ** 2)
        goods = taste[importer] if drawn.random() < 0.5 else drawn.choice(GOODS)
        mass = round(drawn.lognormvariate(4, 1), 1) + 0.1
        per_kg = drawn.lognormvariate(2, 0.4)
        chance = 0.04 + 0.55 * (bold[importer] and goods == taste[importer]) + 0.15 * (per_kg < 5)
        found = int(drawn.random() < chance)
        rows.append(
            f"D{number},{drawn.randrange(5)},B{importer % 17},I{importer},S{drawn.randrange(300)},"
            f"{int(goods)},{drawn.choice(('CN', 'TR', 'DE', 'MD'))},{drawn.choice((0, 5, 8, 13))}.0,"
            f"{mass:.1f},{mass * per_kg:.2f},{found}"
        )
    return ("\n".join(rows) + "\n").encode()
