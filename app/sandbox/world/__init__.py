"""The invented customers, their clocks, and what they do."""
