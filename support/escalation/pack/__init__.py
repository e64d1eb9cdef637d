"""The evidence pack of an escalation: what Microsoft needs to know of it, without secrets and personal data."""
