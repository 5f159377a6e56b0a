"""The cast in groups: customers that show like things."""
