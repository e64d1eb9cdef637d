"""What is kept of one customer or one person there: handed over as a file, and taken out of the portal."""
