"""What is sold: metrics, prices, plans."""
