"""Phone numbers as people write them, and the links that dial them."""

import re

# As written on a card: digits with what stands between them, and perhaps an extension at the end.
_NUMBER = re.compile(
    r"(?P<plus>\+?)(?P<digits>[0-9 ().\-/]{3,30})(?:(?:ext\.?|x|#|轉|分機|,|;ext=) ?(?P<extension>[0-9]{1,8}))?",
    re.IGNORECASE,
)
_DIGITS = range(3, 16)  # the longest number of the world has fifteen (ITU-T E.164), the shortest that is dialed three


def plain_phone(text: str) -> str:
    """The number with single spaces, or nothing; ValueError for what nobody can dial.

    An export stands an apostrophe before a plus, so that no spreadsheet reckons with it; it comes back without.
    """
    plain = " ".join(text.removeprefix("'").replace("＋", "+").split())
    if plain and not _match(plain):
        raise ValueError(text)
    return plain


def tel_of(phone: str) -> str:
    """The link that dials it (RFC 3966), or nothing for what is no number."""
    found = _match(phone)
    if not found:
        return ""
    digits = re.sub(r"\D", "", _without_trunk(found["digits"]) if found["plus"] else found["digits"])
    extension = f";ext={found['extension']}" if found["extension"] else ""
    return f"tel:{found['plus']}{digits}{extension}"


def _without_trunk(digits: str) -> str:
    """Of +44 (0)20 …, the zero in brackets is not dialed from abroad."""
    return digits.replace("(0)", "")


def _match(text: str) -> re.Match[str] | None:
    found = _NUMBER.fullmatch(text)
    return found if found and len(re.sub(r"\D", "", found["digits"])) in _DIGITS else None
