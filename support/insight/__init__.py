"""Insight: what a customer keeps asking, how that compares with similar ones, and what would help."""
