"""Orb's HTTP API, and nothing about dashboards."""
