"""From usage events to what they cost."""
