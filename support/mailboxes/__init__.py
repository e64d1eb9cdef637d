"""Mailboxes of the desk: read, told what was taken in, tested, and mended."""
