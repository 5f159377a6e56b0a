"""The process that serves: what a connection may cost, and how it starts, stops and multiplies."""
