"""Bytes ↔ typed messages of ISO 20022: safe reading, schemas, stateless rules, writing. Pure: no clock, no
randomness, no store. `registry.parse_file` reads; the `build_…` functions beside each `parse` write."""
