"""Tickets of an older desk, from its files: looked at first, then taken over row by row, each once."""
