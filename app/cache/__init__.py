"""Remembers answers; simultaneous askers share one question."""
