"""The way to Microsoft: what has to be shown first, who may file where, and what became of it."""
