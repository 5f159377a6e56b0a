"""Orb's webhooks: who wants to hear of events, what an event says, and how it gets there."""
