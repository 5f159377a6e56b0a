"""Orb's routes, and what may be asked of them."""
