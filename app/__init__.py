"""Orrery: the usage dashboard for Orb."""
