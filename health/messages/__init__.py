"""The message center: read per customer, stored once, shown with what it means for whom."""
