"""Several processes as one, through Redis: one cache, one flight per question, one budget."""
