"""Minutes of downtime of each month, and the service credits that are asked for because of them."""
