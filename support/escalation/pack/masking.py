"""Takes secrets and personal data out of a text by rules; what is told and what is left says which rule did it.

Every pattern is bounded, so that no text, however hostile, keeps a worker for long.
"""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from support.escalation.pack.checks import (
    is_card,
    is_iban,
    is_random,
    is_taiwanese_id,
    says_secret,
)

Keep = Callable[[re.Match[str]], str]
# Invisible signs that tear a word apart for a machine but not for a person.
_INVISIBLE = dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, *range(0x202A, 0x202F)], None)
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127], " ")
LEFT, RIGHT = "⟦", "⟧"
# A letter or digit that a word goes on with. Chinese, Japanese and Korean put no space beside a number or a name, so
# none of their signs is one.
_JOINS = r"[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
_BEGINS, _ENDS = rf"(?<!{_JOINS})", rf"(?!{_JOINS})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """`put` says what stands there instead; None leaves the match as it is."""

    name: str
    title: str | Promise
    pattern: re.Pattern[str]
    put: Callable[[re.Match[str]], str | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Masked:
    """The text without what the rules took out, and how often each of them did."""

    text: str
    counts: Counter[str]


def _whole(word: str) -> Callable[[re.Match[str]], str | None]:
    return lambda found: f"{LEFT}{word}{RIGHT}"


def _only(word: str, *, where: Callable[[str], bool]) -> Callable[[re.Match[str]], str | None]:
    return lambda found: f"{LEFT}{word}{RIGHT}" if where(found[0]) else None


def _after(word: str) -> Callable[[re.Match[str]], str | None]:
    """What leads to the secret stays, so that a reader knows what stood there."""
    return lambda found: f"{found[1]}{LEFT}{word}{RIGHT}"


def _address(found: re.Match[str]) -> str:
    return f"{LEFT}{found[1][:1]}…@{found[2]}{RIGHT}"


_NAMES = (
    r"pass(?:word|wd|code|phrase)?|pwd|kennwort|passwort|pin|secret|client[-_ ]?secret|(?:account|access|shared|"
    r"sharedaccess|storage|api|app|primary|secondary|subscription|encryption|private)[-_ ]?key|sharedaccesssignature|"
    r"sas[-_ ]?token|(?:access|refresh|id|auth|session|bearer|security|csrf|device)?[-_ ]?token|"
    r"credentials?|connection ?string|cookie|set-cookie|x-api-key|authorization|otp|"
    r"(?:one[- ]time|verification|security|recovery|temporary access|mfa|sms)[- ](?:pass)?(?:code|pass)|sig|"
    r"密碼|口令|驗證碼|金鑰|密钥|密码"
)
# In the order in which they are asked: what is longest and surest comes first.
RULES: Sequence[Rule] = (
    Rule(
        name="PRIVATE_KEY",
        title=_("Private key"),
        # Whole, or cut off: then as many lines as nothing but a key has.
        pattern=re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----"
            r"(?:[^-]{0,20000}-----END [A-Z0-9 ]{0,40}KEY-----|"
            r"(?:[\s>|]{0,12}[A-Za-z0-9+/=]{4,200}[ \t]*(?:\n|\Z)){0,200})"
        ),
        put=_whole("private key"),
    ),
    Rule(
        name="TOKEN",
        title=_("Token"),
        pattern=re.compile(r"eyJ[\w-]{8,4000}(?:\s{0,3}\.?\s{0,3}[\w-]{16,4000}){0,40}"),
        put=_whole("token"),
    ),
    Rule(
        name="AUTHORIZATION",
        title=_("Token"),
        pattern=re.compile(
            rf"(?i)({_BEGINS}(?:bearer|basic|negotiate|ntlm|sharedkey|sharedaccesssignature)\s{{1,3}}(?:[\w-]{{1,40}}:)?)[\w.~+/=:%-]{{8,4000}}"
        ),
        put=_after("token"),
    ),
    Rule(
        name="URL_SECRET",
        title=_("Password"),
        pattern=re.compile(_BEGINS + r"([a-zA-Z][a-zA-Z0-9+.-]{1,20}://)[^\s/@:]{1,200}:[^\s/@]{1,200}(?=@)"),
        put=_after("secret"),
    ),
    Rule(
        name="NAMED_SECRET",
        title=_("Password"),
        pattern=re.compile(
            rf"""(?i)((?<![a-z0-9])["']?(?:{_NAMES})["']?\s{{0,3}}(?:[:=：]|=>|:=)\s{{0,3}})(?:"[^"\n]{{1,400}}"|'[^'\n]{{1,400}}'|[^\s,;&"'<>]{{1,4000}})"""
        ),
        put=_after("secret"),
    ),
    Rule(
        name="SPOKEN_SECRET",
        title=_("Password"),
        pattern=re.compile(
            rf"(?i)((?<![a-z0-9])(?:{_NAMES})\s{{1,3}}(?:is|was|now|lautet|ist|=|to|為|是|为)\s{{1,3}}(?:now\s{{1,3}}|again\s{{1,3}})?)"
            r"(?=\S{0,60}[\d!#$%^&*+=@])[^\s,;]{4,200}"
        ),
        put=_after("secret"),
    ),
    Rule(
        name="SPOKEN_CHINESE",
        title=_("Password"),
        pattern=re.compile(r"((?:密碼|口令|驗證碼|密码)(?:為|是|为|改成|改為)?\s{0,3})[A-Za-z0-9!#$%^&*+=@_.-]{4,200}"),
        put=_after("secret"),
    ),
    Rule(
        name="KNOWN_KEY",
        title=_("Key of a service"),
        pattern=re.compile(
            _BEGINS
            + r"(?:[\w.~-]{3}\dQ~[\w.~-]{31,34}|A(?:KIA|SIA)[0-9A-Z]{16}|gh[pousr]_\w{20,255}|github_pat_\w{20,255}|"
            r"glpat-[\w-]{16,64}|xox[abeprs]-[\w-]{10,200}|xapp-[\w-]{10,200}|sk-[\w-]{16,200}|[spr]k_(?:live|test)_\w{10,100}|"
            r"AIza[\w-]{35}|SG\.[\w-]{16,64}\.[\w-]{16,64}|npm_\w{30,50}|hv[sb]\.[\w-]{20,200}|dop_v1_[a-f0-9]{40,80}|"
            r"ya29\.[\w-]{20,400}|EAAC\w{20,400}|[MN][A-Za-z\d]{23}\.[\w-]{6}\.[\w-]{27,40}|0\.A[\w-]{20,60}\.[\w.-]{20,2000}|"
            r"1\.A[\w-]{20,60}\.[\w.-]{20,2000}|M\.[CR]\d{1,4}_[\w.!*$-]{20,2000}|pypi-[\w-]{16,300})"
        ),
        put=_whole("key"),
    ),
    Rule(
        name="ENCODED",
        title=_("Encoded secret"),
        pattern=re.compile(_BEGINS + r"(?<![+/=])[A-Za-z0-9+/]{12,2000}={0,2}(?![+/=])" + _ENDS),
        put=_only("encoded secret", where=says_secret),
    ),
    Rule(
        name="RANDOM",
        title=_("Looks like a key"),
        pattern=re.compile(_BEGINS + r"(?<![+/=.-])[A-Za-z0-9_+/=~-]{28,4000}" + _ENDS),
        put=_only("key", where=is_random),
    ),
    Rule(
        name="ADDRESS",
        title=_("Mail address"),
        pattern=re.compile(
            r"([\w.!#$&'*+/?^`{|}~-]{1,64})\s{0,1}(?:@|%40|\s?[(\[]\s?at\s?[)\]]\s?)\s{0,1}((?:[\w-]{1,63}\s?[.]\s?|[\w-]{1,63}\s?[(\[]\s?dot\s?[)\]]\s?){1,6}[^\W\d_]{2,24})(?![\w])",
            re.IGNORECASE,
        ),
        put=_address,
    ),
    Rule(
        name="IBAN",
        title=_("Account number"),
        pattern=re.compile(_BEGINS + r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?" + _ENDS),
        put=_only("account", where=is_iban),
    ),
    Rule(
        name="CARD",
        title=_("Card number"),
        pattern=re.compile(_BEGINS + r"(?<!-)\d(?:[ -]?\d){12,18}(?!-)" + _ENDS),
        put=_only("card", where=is_card),
    ),
    Rule(
        name="PERSONAL_ID",
        title=_("Personal number"),
        pattern=re.compile(_BEGINS + r"(?:[A-Z][1289]\d{8}|\d{3}-\d{2}-\d{4})" + _ENDS),
        put=_only("personal number", where=lambda text: "-" in text or is_taiwanese_id(text)),
    ),
    Rule(
        name="PHONE",
        title=_("Phone number"),
        pattern=re.compile(
            _BEGINS
            + r"(?<![+.:/-])(?:\+\d{1,3}[ .()-]{0,3}(?:\d[ .()-]{0,2}){6,13}\d|\(0\d{1,3}\)[ -]?\d{3,4}[ -]?\d{3,4}|"
            r"0\d{1,3}[ -]\d{3,4}[ -]?\d{3,4}|09\d{8}|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4})(?![A-Za-z0-9_:.-]?\d)"
        ),
        put=_whole("phone"),
    ),
)


def plain(text: str) -> str:
    """One way to write each sign: full-width letters, hidden signs and entities hide nothing from the rules then."""
    shown = html.unescape(text) if "&" in text else text
    return unicodedata.normalize("NFKC", shown.translate(_INVISIBLE)).translate(_INVISIBLE).translate(_CONTROL)


def mask(text: str, *, names: Iterable[str] = (), also: Iterable[str] = ()) -> Masked:
    """`names` are people of the customer's, each told apart as Person 1, 2 …; `also` what a person chose to hide."""
    counts: Counter[str] = Counter()
    clean = plain(text).replace(LEFT, "[").replace(RIGHT, "]")
    for phrase in sorted({plain(one).strip() for one in also} - {""}, key=lambda one: (-len(one), one)):
        clean, count = re.subn(re.escape(phrase), f"{LEFT}hidden{RIGHT}", clean, flags=re.IGNORECASE)
        counts["BY_HAND"] += count
    for rule in RULES:
        clean = _applied(rule, clean, counts=counts)
    for number, name in enumerate(dict.fromkeys(names), start=1):
        words = r"\s+".join(map(re.escape, plain(name).split()))
        pattern = (
            (_BEGINS if re.match(_JOINS, name) else "") + words + (_ENDS if re.search(_JOINS + r"\Z", name) else "")
        )
        # One word alone may be a word of the trade too, so it has to be written like the name.
        flags = re.IGNORECASE if " " in name else re.NOFLAG
        clean, count = re.subn(pattern, f"{LEFT}Person {number}{RIGHT}", clean, flags=flags)
        counts["NAME"] += count
    return Masked(text=clean, counts=+counts)


def mask_leaves(
    told: Any, *, names: Iterable[str] = (), also: Iterable[str] = (), key: str = ""
) -> tuple[Any, Counter[str]]:
    """The same for every text in what was JSON, each with the name it stands under."""
    whose: dict[str, Any] = {"names": list(names), "also": list(also)}
    counts: Counter[str] = Counter()
    if isinstance(told, dict | list):
        pairs = told.items() if isinstance(told, dict) else enumerate(told)
        made = {}
        for name, value in pairs:
            under = str(name) if isinstance(told, dict) else key
            made[name], more = mask_leaves(value, key=under, **whose)
            counts += more
        return (made if isinstance(told, dict) else list(made.values())), counts
    if not isinstance(told, str):
        return told, counts
    lead = f"{key}: "
    masked = mask(f"{lead}{told}", **whose)
    text = masked.text.removeprefix(lead) if masked.text.startswith(lead) else masked.text
    return text, masked.counts


def _applied(rule: Rule, text: str, *, counts: Counter[str]) -> str:
    def instead(found: re.Match[str]) -> str:
        put = rule.put(found)
        if put is None or LEFT in found[0]:
            return found[0]
        counts[rule.name] += 1
        return put

    return rule.pattern.sub(instead, text)


TITLES: dict[str, str | Promise] = {
    **{rule.name: rule.title for rule in RULES},
    "NAME": _("Name of a person"),
    "BY_HAND": _("Chosen by you"),
}
