"""Names of files made harmless: shown and sent as they look, and never more than a name."""

import unicodedata

LONGEST = 150
# Invisible or turning the text around, unassigned, lone halves of characters, and control characters.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_RESERVED = frozenset('<>:"|?*/\\')


def plain_name(name: str) -> str:
    """The last part of the name without what hides or misleads; its ending stays."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    visible = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c) not in _HIDDEN)
    plain = " ".join("".join("_" if c in _RESERVED else c for c in visible).split()).strip(". ")
    stem, dot, ending = plain.rpartition(".")
    if not dot:
        return plain[:LONGEST] or "file"
    ending = ending[:20]
    return f"{stem[: LONGEST - len(ending) - 1]}.{ending}"
