"""Minutes of incident per customer, service and month, and what was claimed of Microsoft for them."""
