"""Runners carry out one plan: ``python`` for one household with reasons, ``sql`` for tables of many."""
