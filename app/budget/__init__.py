"""Orb's rate limits, kept: no call leaves without its turn."""
