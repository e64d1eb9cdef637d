"""Notices to customers: drafted, agreed to by a second person, sent once to each contact, and kept as proof."""
