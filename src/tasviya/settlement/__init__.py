"""When money moves: life cycle, routes, liquidity, queue and gross settlement. Pure decisions."""
