"""What we promised, and how much of the time for it is used."""
