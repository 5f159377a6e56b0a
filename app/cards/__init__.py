"""One word = one file = one section of the page."""
