"""The record of what was committed: append-only, hash-chained, canonical."""
