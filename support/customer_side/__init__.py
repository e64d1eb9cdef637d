"""The pages of customers: their own requests, the health of their own tenant, and what we promised them."""
