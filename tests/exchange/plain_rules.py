"""The rules a clearing must keep, order by order in plain whole numbers."""

from __future__ import annotations

from collections.abc import Iterator

from tasviya.exchange.market import PRICE_BITS, Clearing, Market, Orders


def violations(market: Market, orders: Orders, clearing: Clearing) -> list[str]:
    """Every breach of a rule; V6 only if the clearing says it is certified."""
    n = len(market.currencies)
    prices = [int(p) for p in clearing.prices]
    found = [f"V1 price {p}" for p in prices if not 0 <= p <= 1 << PRICE_BITS]
    sold_of, bought_of, segments = [0] * n, [0] * n, set()
    pairs: dict[tuple[int, int], list[tuple[int, int, int, int]]] = {}
    rows = zip(
        orders.sell.tolist(), orders.buy.tolist(), orders.kind.tolist(), orders.quantity.tolist(),
        orders.tick.tolist(), orders.whole.tolist(), clearing.sold.tolist(), clearing.bought.tolist(),
        clearing.set_aside.tolist(), strict=True,
    )  # fmt: skip
    for i, (a, b, kind, quantity, tick, whole, sold, bought, aside) in enumerate(rows):
        e = int(market.exponents[a, b])
        up, down = (10**e, 1) if e >= 0 else (1, 10**-e)
        fill = bought if kind else sold
        if not aside:
            pairs.setdefault((a, b), []).append((tick, i, fill, quantity))
        found += (
            f"{rule} order {i}"
            for rule in _order(prices, a, b, kind, quantity, tick, whole, up, down, sold, bought, aside)
        )
        if sold or bought:
            segments.add((kind, a, b))
            sold_of[a] += sold
            bought_of[b] += bought
        open_ = clearing.certified and fill < quantity and not aside
        if open_ and (prices[a] - n) * up >= tick * (prices[b] + n) * down:
            found.append(f"V6 order {i}")
    dust = [s - b for s, b in zip(sold_of, bought_of, strict=True)]
    if dust != clearing.dust.tolist():
        found.append("V4 dust is not what was sold less what was bought")
    found += [f"V4 currency {c} lacks {-d}" for c, d in enumerate(dust) if d < 0]
    value = sum(d * p for d, p in zip(dust, prices, strict=True))
    if value and value >= (len(segments) + n) * max(prices):
        found.append(f"V4 dust is worth {value}")
    for pair, line in pairs.items():
        line.sort()
        last = max((k for k, (_, _, fill, _) in enumerate(line) if fill), default=-1)
        if any(fill < quantity for _, _, fill, quantity in line[: max(last, 0)]):
            found.append(f"V5 pair {pair}")
    return found


def _order(
    prices: list[int], a: int, b: int, kind: int, quantity: int, tick: int, whole: bool, up: int, down: int,
    sold: int, bought: int, aside: bool,
) -> Iterator[str]:  # fmt: skip
    fill = bought if kind else sold
    if not 0 <= fill <= quantity or (whole and fill not in (0, quantity)):
        yield "V1"
    if aside and (fill or not whole):
        yield "V1 set aside"
    if fill == 0:
        if sold or bought:
            yield "V1 unfilled"
        return
    if not prices[a] or not prices[b]:
        yield "V7"
        return
    if tick * prices[b] * down > prices[a] * up:
        yield "V2 limit"
    if kind:
        if sold > -(-quantity * up // (tick * down)):
            yield "V2 hold"
        exact, rounded, under = bought * prices[b], sold, prices[a]
    else:
        if bought < sold * tick * down // up:
            yield "V2 least"
        exact, rounded, under = sold * prices[a], bought, prices[b]
    if not exact // under <= rounded <= -(-exact // under):
        yield "V3"
