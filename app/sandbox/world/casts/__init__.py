"""Invented customers that have a file of their own."""
