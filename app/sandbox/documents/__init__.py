"""Orb's documents, field by field."""
