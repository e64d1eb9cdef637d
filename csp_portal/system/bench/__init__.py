"""Measures the portal against its budgets; each module gives its rows of the one table."""
