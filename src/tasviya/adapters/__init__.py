"""The world: what Tasviya keeps things in and talks to."""
