"""Lighthouse, from npm, looks at the page: run by `make lighthouse`."""
