"""What reading a declaration gives, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tasviya.customs.declaration import Declaration


@dataclass(frozen=True, slots=True)
class TaxLine:
    """A tax as somebody else worked it out, in the file's national currency, which it does not name.

    item: its number. tax: their code of it. base, amount: in that currency, exactly as given. rate: as given,
    a part of the base. payment: their code of how it is paid. None where nothing is given.
    """

    item: int
    tax: str
    base: Fraction | None
    rate: Fraction | None
    amount: Fraction | None
    payment: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A declaration; what it has no field for, in its order, each once; and taxes that came with it."""

    declaration: Declaration
    left_out: tuple[str, ...]
    taxes: tuple[TaxLine, ...] = ()
