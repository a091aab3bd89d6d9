"""The vocabulary every room shares: money, ids, time, refusals. Imports nothing of Tasviya's."""
