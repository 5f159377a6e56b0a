"""How fast things are, and beside what one would write instead: run by `make bench`, never by the tests."""
