"""The control panel under /_sandbox: for programs in JSON, and for people as a page."""
