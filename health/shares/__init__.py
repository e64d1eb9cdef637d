"""Links for people without an account: wallboard, feeds, calendar, a customer's status page."""
