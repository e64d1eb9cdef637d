"""Which issue of Microsoft's is behind a ticket."""
