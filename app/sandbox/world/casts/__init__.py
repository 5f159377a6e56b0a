"""Invented customers who take a page of their own to tell."""
