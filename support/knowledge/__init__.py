"""Runbooks: written by us, offered beside a ticket, and judged by whoever used them."""
