"""Who is let in: signatures, keys, revocations, and what tries to get past them."""
