"""Prices that balance smoothed demand: Newton's method, and paths that lead to where it cannot go at once.

    reference ─▶ balance at a wide band ─▶ narrower, step by step ─▶ the margin (`equilibrium`)

Inside a band where nothing enters or leaves, x is all but linear in the band's width, so each solution
leads to the next. Orders that fix what they buy can turn the path back on itself: `trace` then follows its
length, not its band. Where no first solution is found, it begins with the values at which demand is the
slope of a convex function (values that do not follow prices; `follow` = 0), which Newton always solves, and
lets them follow.

Source of path following round turns: E. L. Allgower, K. Georg, Numerical Continuation Methods (1990),
chapters 3 and 11; the sign of a determinant keeps the direction, at kinks too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tasviya.exchange.compiled import compiled
from tasviya.exchange.demand import excess_demand, rank, room
from tasviya.exchange.market import Int64s, Market
from tasviya.exchange.order_book import Book, Float64s

STEP_MAX = 0.05
"""Newton moves no log price by more than this, or half the band, at once."""
BALANCED = 1e-13
"""Excess demand that counts as none, as a share of what is traded."""
_TRIFLE = 1e-4
"""What share of a currency's orders is small beside what is traded of it."""
PULLS = (1e-6, 1e-3)
"""How strongly that share of a currency's value is drawn to the reference: hardly, or a little."""
_WIDE = 1.0
"""Bands beyond this width mean that a path leads nowhere."""
_STEPS_MAX = 4000


@dataclass(slots=True)
class Search:
    """Where a search for prices stands.

    offset: (N, N), log of the ticks of a rate of 1 at the reference. depth: (2, N), a trifle of the value of
    all orders of a currency, below which excess demand is none. x: (N,), balanced for `band`, within which
    `inside` orders lie. calls: evaluations of demand so far. turn: the path's direction; 0 if not yet known.
    firm: (N, N), a pair's greatest limit of orders that fill at any price.
    """

    market: Market
    book: Book
    offset: Float64s
    depth: Float64s
    x: Float64s
    band: float
    inside: int = 0
    calls: int = 0
    turn: int = 0
    firm: Int64s | None = None

    def balance(self, band: float, x: Float64s, calls_max: int) -> bool:
        """Move to balanced prices for a band, starting from `x`; whether that was possible."""
        return self._balance(band, x, x, 1.0, calls_max)

    def trace_values(self, band: float) -> bool:
        """Find balanced prices for a band by letting values follow prices, little by little."""
        origin = self.x.copy()
        if not self._balance(band, origin, origin, 0.0, 1000):
            return False
        self.turn = 0
        return self._trace(origin, 0.0, 1.0, False) and self.balance(band, self.x, 60)

    def trace_band(self, band: float) -> bool:
        """Follow the path to a narrower band, round turns."""
        return self._trace(self.x, math.log(self.band), math.log(band), True)

    def pull(self, strength: float) -> None:
        """Set how strongly currencies are drawn to the reference: one of PULLS."""
        self.depth[1] = self.depth[0] * strength

    def grain(self) -> float:
        """What share of a currency's orders one is, about: how finely demand can be balanced."""
        return min(1.0, len(self.x) / len(self.book.records))

    def _balance(self, band: float, x: Float64s, origin: Float64s, follow: float, calls_max: int) -> bool:
        found, share, inside, calls = _newton(
            self.book,
            self.offset,
            self.market.reference,
            self.depth,
            origin,
            follow,
            x,
            band,
            calls_max,
            room(len(x)),
            room(len(x)),
        )
        self.calls += calls
        if share > max(1e-9, self.grain() * 1e-12 / band):
            return False
        self.x, self.band, self.inside = found, band, int(inside)
        return True

    def _trace(self, origin: Float64s, here: float, there: float, by_band: bool) -> bool:
        x = self.x.copy()
        arrived, at, inside, turn, calls = _trace(
            self.book, self.offset, self.market.reference, self.depth, origin, x, self.band, here, there,
            by_band, self.turn, self.grain(), room(len(x)),
        )  # fmt: skip
        self.calls += calls
        if arrived:
            self.x, self.inside = x, int(inside)
            if by_band:
                self.band, self.turn = math.exp(at), int(turn)
        return bool(arrived)


def start(market: Market, book: Book, x: Float64s | None = None) -> Search:
    """A search that begins at the reference, or at `x`."""
    reference = market.reference
    offset = market.exponents * math.log(10) + reference[:, None] - reference[None, :]
    depth = np.empty((2, len(reference)))
    _depth(book, np.exp(reference - reference.max()), depth[0])
    depth[1] = depth[0] * PULLS[0]
    return Search(market, book, offset, depth, np.zeros(len(reference)) if x is None else x.copy(), math.inf)


@compiled
def solve_linear(matrix, right):
    """Solve matrix · y = right in place by elimination; the determinant's sign, 0 if singular."""
    n, sign = len(right), 1
    for c in range(n):
        best = c
        for r in range(c + 1, n):
            if abs(matrix[r, c]) > abs(matrix[best, c]):
                best = r
        if matrix[best, c] == 0.0 or not math.isfinite(matrix[best, c]):
            return 0
        if best != c:
            sign = -sign
            for k in range(c, n):
                matrix[c, k], matrix[best, k] = matrix[best, k], matrix[c, k]
            right[c], right[best] = right[best], right[c]
        if matrix[c, c] < 0.0:
            sign = -sign
        for r in range(c + 1, n):
            factor = matrix[r, c] / matrix[c, c]
            if factor != 0.0:
                for k in range(c + 1, n):
                    matrix[r, k] -= factor * matrix[c, k]
                right[r] -= factor * right[c]
    for c in range(n - 1, -1, -1):
        for k in range(c + 1, n):
            right[c] -= matrix[c, k] * right[k]
        right[c] /= matrix[c, c]
    return sign


@compiled
def _depth(book, worth, depth):
    n = len(worth)
    depth[:] = 1e-300
    for k in range(len(book.live)):
        segment = book.live[k]
        buy, sell = segment % n, (segment // n) % n
        _, quantity, _ = rank(book, segment, np.int64(0x7FFF_FFFF_FFFF_FFFF))
        value = _TRIFLE * worth[sell if segment < n * n else buy] * np.float64(quantity)
        depth[sell] += value
        depth[buy] += value


@compiled
def _evaluate(book, offset, reference, depth, origin, follow, x, band, worth, demand):
    """Demand at x, where values follow x from `origin` by the share `follow`; orders inside bands."""
    top = reference.max()
    for c in range(len(x)):
        worth[c] = math.exp(reference[c] - top + origin[c] + follow * (x[c] - origin[c]))
    inside = excess_demand(book, offset, worth, x, band, demand)
    # A pull towards the reference, too weak to matter beside orders: currencies that nobody trades
    # yet could else lie anywhere, and a path would have no direction.
    total, mean = 0.0, 0.0
    for c in range(len(x)):
        total += depth[1, c]
        mean += depth[1, c] * x[c]
    mean /= total
    for c in range(len(x)):
        demand.excess[c] -= depth[1, c] * (x[c] - mean)
        demand.slope[c, c] -= depth[1, c]
        for d in range(len(x)):
            demand.slope[c, d] += depth[1, c] * depth[1, d] / total
    return inside


@compiled
def _newton(book, offset, reference, depth, origin, follow, start_x, band, calls_max, demand, trial):
    """Damped Newton steps from `start_x`; prices, share of excess demand left, orders inside, calls."""
    n = len(start_x)
    x, x_2, step = start_x.copy(), np.empty(n), np.empty(n)
    worth, system = np.empty(n), np.empty((n, n))
    inside = _evaluate(book, offset, reference, depth, origin, follow, x, band, worth, demand)
    calls = 1
    left = _share(demand.excess, demand.volume, depth)
    balanced = BALANCED if follow > 0.0 else max(1e-11, 1e-12 / band)
    while left > balanced and calls < calls_max:
        better = False
        damping = 0.0
        while not better and damping < 2000.0 and calls < calls_max:
            for r in range(n):
                volume = demand.volume[r] + depth[0, r]
                step[r] = demand.excess[r] / volume
                for c in range(n):
                    system[r, c] = 1.0 / n - (demand.slope[r, c] + follow * demand.moved[r, c]) / volume
                system[r, r] += 1e-13 + damping * abs(demand.slope[r, r]) / volume
            if solve_linear(system, step) == 0:
                damping = damping * 10.0 + 0.1
                continue
            step -= step.mean()
            size = np.abs(step).max()
            most = min(1.0, max(STEP_MAX, 0.5 * band) / max(size, 1e-300))
            low, high, length = 0.0, most, most
            for _ in range(40 if follow == 0.0 else 8):
                x_2[:] = x + length * step
                inside_2 = _evaluate(book, offset, reference, depth, origin, follow, x_2, band, worth, trial)
                calls += 1
                if follow == 0.0:
                    # Demand is a convex function's slope: between too short and too far lies its valley.
                    ahead, here = (trial.excess * step).sum(), (demand.excess * step).sum()
                    if ahead < -0.9 * here:
                        high = length
                    elif ahead > 0.9 * here and length < most:
                        low = length
                    else:
                        better = True
                        break
                    length = 0.5 * (low + high)
                else:
                    if _share(trial.excess, demand.volume, depth) < left * (
                        1.0 - 0.1 * length / (1.0 + damping)
                    ):
                        better = True
                        break
                    length *= 0.5
            damping = damping * 10.0 + 0.1
        if not better:
            break
        x[:] = x_2
        demand, trial = trial, demand
        inside = inside_2
        left = _share(demand.excess, demand.volume, depth)
    return x, left, inside, calls


@compiled
def _share(excess, volume, depth):
    """Excess demand as a share of what is traded, the mean over currencies: cheap ones count as dear ones."""
    total = 0.0
    for c in range(len(excess)):
        total += abs(excess[c]) / (volume[c] + depth[0, c])
    return total / len(excess)


@compiled
def _trace(book, offset, reference, depth, origin, x, fixed_band, here, there, by_band, turn, grain, demand):
    """Follow the path of balanced prices from parameter `here` to `there`; changes x.

    The parameter is the log of the band (`by_band`), or the share by which values follow prices. Returns
    whether it arrived, the parameter, orders inside bands, the direction, and calls.
    """
    n = len(x)
    worth, system, point = np.empty(n), np.empty((n + 1, n + 1)), np.empty(n + 1)
    tangent, step, trial_x = np.zeros(n + 1), np.empty(n + 1), np.empty(n)
    row, side = np.empty(n + 1), 1.0 if there > here else -1.0
    tangent[n] = side
    at, length, calls, inside = here, 0.1, 0, 0
    first = True
    for _ in range(_STEPS_MAX):
        # The tangent at the last balanced point.
        band = math.exp(at) if by_band else fixed_band
        scale = band * math.sqrt(n) if by_band else 0.1 * math.sqrt(n)
        inside = _evaluate(
            book, offset, reference, depth, origin, 1.0 if by_band else at, x, band, worth, demand
        )
        calls += 1
        _border(demand, depth, x, origin, at, by_band, scale, tangent, system)
        step[:] = 0.0
        step[n] = 1.0
        sign = solve_linear(system, step)
        if sign == 0:
            return False, at, inside, turn, calls
        step /= math.sqrt((step * step).sum())
        if first and turn == 0:
            if (step[n] > 0.0) != (there > here):
                step = -step
            _border(demand, depth, x, origin, at, by_band, scale, step, system)
            tangent[:] = step
            point[:] = 0.0
            point[n] = 1.0
            turn = solve_linear(system, point)
        else:
            tangent[:] = step
            _border(demand, depth, x, origin, at, by_band, scale, step, system)
            point[:] = 0.0
            point[n] = 1.0
            if solve_linear(system, point) != turn:
                tangent[:] = -step
        first = False
        while True:
            ends = (at + length * tangent[n] - there) * side >= 0.0
            reach = (there - at) / tangent[n] if ends else length
            trial_x[:] = x + reach * scale * tangent[:n]
            trial_at = there if ends else at + reach * tangent[n]
            if ends:
                row[:n] = 0.0
                row[n] = 1.0
            else:
                row[:] = tangent
            good, used, before = False, 0, math.inf
            for _ in range(12):
                follow = 1.0 if by_band else trial_at
                band = math.exp(trial_at) if by_band else fixed_band
                inside = _evaluate(
                    book, offset, reference, depth, origin, follow, trial_x, band, worth, demand
                )
                calls += 1
                share = _share(demand.excess, demand.volume, depth)
                if not good:
                    used += 1
                good = share <= max(1e-10, grain * 1e-12 / band)
                if good and (share <= BALANCED or share > before / 2.0):
                    break
                before = share
                _border(demand, depth, trial_x, origin, trial_at, by_band, scale, row, system)
                step[:n] = demand.excess / (demand.volume + depth[0])
                step[n] = 0.0
                if solve_linear(system, step) == 0 or not np.abs(step).max() < 4.0 * length + 1e-6:
                    break
                trial_x += scale * step[:n]
                trial_at += step[n]
            if good:
                break
            length *= 0.5
            if length < 1e-7:
                return False, at, inside, turn, calls
        trial_x -= trial_x.mean()
        x[:], at = trial_x, trial_at
        if ends:
            return True, at, inside, turn, calls
        if at > math.log(_WIDE) + 1.0 if by_band else abs(at - 0.5) > 1.0:
            return False, at, inside, turn, calls
        if used <= 4:
            length = min(length * 1.7, 0.5)
    return False, at, inside, turn, calls


@compiled
def _border(demand, depth, x, origin, at, by_band, scale, tangent, system):
    """Newton's system along a path: derivatives by scaled x and the parameter, and the tangent."""
    n = len(x)
    follow = 1.0 if by_band else at
    for r in range(n):
        shift, volume = 0.0, demand.volume[r] + depth[0, r]
        for c in range(n):
            system[r, c] = scale * (1.0 / n - (demand.slope[r, c] + follow * demand.moved[r, c]) / volume)
            shift += demand.moved[r, c] * (x[c] - origin[c])
        system[r, r] += scale * 1e-13
        system[r, n] = -(demand.by_band[r] if by_band else shift) / volume
    for c in range(n + 1):
        system[n, c] = tangent[c]
