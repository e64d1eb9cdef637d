"""What everything in a signed link's files has in common: how far back it reaches, and that its text is plain."""

import re
from datetime import timedelta

RECENT = timedelta(days=30)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def plain(text: str) -> str:
    """Without the characters that XML can't carry."""
    return _CONTROL.sub("", text)
