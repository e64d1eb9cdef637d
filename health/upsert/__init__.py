"""A batch of readings written to the database with a handful of statements, however many customers it holds."""

from health.upsert.store import store_readings

__all__ = ["store_readings"]
