"""Freeform analytics: prices evaluated over a customer's events, filtered and grouped by expressions."""
