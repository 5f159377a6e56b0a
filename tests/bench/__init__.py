"""What one would write instead of this service, measured beside it: `python -m tests.bench.cold`."""
