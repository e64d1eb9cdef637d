"""What agents have at hand on a ticket: other tickets beside it, pauses, lists, ready words, ready changes."""
