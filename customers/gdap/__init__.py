"""Delegated administration (GDAP): what customers let us do, until when, and how we change it."""
