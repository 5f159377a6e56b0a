"""What an operator sees of the service from outside: counted as it happens, read when asked for."""
