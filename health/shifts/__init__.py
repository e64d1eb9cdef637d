"""The hand-over from one shift to the next."""
