"""Mail of the desk: what customers write, and what we answer."""
