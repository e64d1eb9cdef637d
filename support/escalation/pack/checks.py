"""Whether signs that look like a number or a key are one: by their check digits, or by how mixed they are."""

import base64
import binascii
import re
from itertools import pairwise

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WORDS = re.compile(rb"(?i)pass(?:word|wd)?|secret|pwd|token|api.?key|accountkey|bearer|credential|private")
_ISSUERS = re.compile(r"(?:4|5[1-5]|2[2-7]|3[47]|6011|65|35|62)")
_LETTERS = {letter: number for number, letter in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO", start=10)}
HEX_KEY = 48  # fewer hexadecimal digits are trace ids and thumbprints, which Microsoft needs


def is_card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    if not _ISSUERS.match(digits) or digits.startswith("26"):  # Microsoft's own numbers begin with the year
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def is_iban(text: str) -> bool:
    plain = text.replace(" ", "")
    moved = plain[4:] + plain[:4]
    return 15 <= len(plain) <= 34 and int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1


def is_taiwanese_id(text: str) -> bool:
    first = _LETTERS[text[0]]
    digits = [first // 10, first % 10, *map(int, text[1:])]
    return (
        sum(digit * weight for digit, weight in zip(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True)) % 10 == 0
    )


def is_product_key(text: str) -> bool:
    """Letters and digits mixed; five groups of digits alone, or of letters, are something else."""
    return any(sign.isdigit() for sign in text) and sum(sign.isalpha() for sign in text) >= 5


def says_secret(text: str) -> bool:
    """Whether it is base64 of words that name a secret."""
    try:
        said = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return _WORDS.search(said) is not None


def is_random(text: str) -> bool:
    """Long, and mixed as no word, path or identifier is."""
    if re.fullmatch(r"[0-9a-fA-F]+", text):
        return len(text) >= HEX_KEY
    rest = _GUID.sub("", text)
    longest = max((len(part) for part in re.split(r"[/_=-]", rest)), default=0)
    has_all = all(re.search(signs, rest) for signs in ("[a-z]", "[A-Z]", r"\d"))
    changes = sum(_kind(one) != _kind(two) for one, two in pairwise(rest))
    is_base32 = len(rest) >= 32 and bool(re.fullmatch(r"[a-z2-7]+|[A-Z2-7]+", rest)) and bool(re.search(r"\d", rest))
    return is_base32 or (has_all and longest >= 16 and changes * 4 >= len(rest))


def _kind(sign: str) -> int:
    return 0 if sign.isdigit() else 1 if sign.isupper() else 2 if sign.islower() else 3
