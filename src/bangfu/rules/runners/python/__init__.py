"""The reference runner: plain Python, exact, three-valued; the one that explains."""
