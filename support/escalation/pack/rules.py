"""The rules by which secrets and personal data are known. Every pattern is bounded, so that no text keeps it for long.

What a rule hides is its group `hide`, or all that it finds where it has none: what leads to a secret stays, so that a
reader knows what stood there.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from support.escalation.pack.checks import is_card, is_iban, is_product_key, is_random, is_taiwanese_id, says_secret

# A letter or digit that a word goes on with. Chinese, Japanese and Korean put no space beside a number or a name, so
# none of their signs is one.
_JOINS = r"[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
_BEGINS, _ENDS = rf"(?<!{_JOINS})", rf"(?!{_JOINS})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """`word` is what stands there instead; with `where`, only of what proves to be one."""

    name: str
    title: str | Promise
    pattern: re.Pattern[str]
    word: str
    where: Callable[[str], bool] | None = None

    def finds(self, found: re.Match[str]) -> bool:
        return self.where is None or self.where(found[0])


# Part of a longer name too, as in adminPassword, or DB_PASSWORD.
_STRONG = (
    r"(?:password|passwd|passphrase|passwort|kennwort|pwd|secret|"
    r"(?:account|access|shared|storage|api|app|primary|secondary|subscription|encryption|private)[-_ ]?key|"
    r"sharedaccesssignature|token|connection ?string|密碼|口令|驗證碼|金鑰|密钥|密码|通行碼|安全碼|帳密)"
    r"(?:[-_ ]?(?:value|text|\d{1,2}))?"
)
# Only as a word of its own.
_WEAK = (
    r"(?<![a-z0-9])(?:pass(?:code)?|pw|pin|tap|otp|credentials?|x-api-key|authorization|sig|"
    r"(?:one[- ]time|verification|security|recovery|temporary access|mfa|otp|sms)[- ](?:pass)?(?:code|pass))"
)
_NAMES = rf"(?:{_STRONG}|{_WEAK})"
_QUOTED = r"""\"[^"\n]{1,400}\"|'[^'\n]{1,400}'|\{[^}\n]{1,400}\}"""
_MIXED = r"(?=\S{0,60}[\d!#$%^&*+=@])"
_CODES = r"(?:mfa|otp|sms|verification|security|recovery|one[- ]time)[- ]?code"

# In the order in which they are asked: where two hide the same, the first says what it was.
RULES: Sequence[Rule] = (
    Rule(
        name="PRIVATE_KEY",
        title=_("Private key"),
        # Whole, or cut off: then as many lines as nothing but a key has.
        pattern=re.compile(
            r"(?:-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|Private-Lines: ?\d{1,3}\s)"
            r"(?:[^-]{0,20000}-----END [A-Z0-9 ]{0,40}KEY(?: BLOCK)?-----|"
            r"(?:[\s>|]{0,12}[A-Za-z0-9+/=]{4,200}[ \t]*(?:\n|\Z)){0,200})"
        ),
        word="private key",
    ),
    Rule(
        name="TOKEN",
        title=_("Token"),
        pattern=re.compile(r"eyJ[\w-]{8,4000}(?:\s{0,3}\.?\s{0,3}[\w-]{16,4000}){0,40}"),
        word="token",
    ),
    Rule(
        name="AUTHORIZATION",
        title=_("Token"),
        pattern=re.compile(
            rf"(?i){_BEGINS}(?:bearer|basic|negotiate|ntlm|sharedkey|sharedaccesssignature)\s{{1,3}}(?:[\w-]{{1,40}}:)?"
            r"(?P<hide>[\w.~+/=:%-]{8,4000})"
        ),
        word="token",
    ),
    Rule(
        name="COOKIE",
        title=_("Token"),
        pattern=re.compile(r"""(?i)(?<![a-z0-9])(?:set-)?cookie2?["']?\s{0,3}[:=]\s{0,3}(?P<hide>[^\n]{1,4000})"""),
        word="cookie",
    ),
    Rule(
        name="URL_SECRET",
        title=_("Password"),
        # To the last @ before a blank: a password may hold one. A port is no password.
        pattern=re.compile(
            rf"{_BEGINS}[a-zA-Z][a-zA-Z0-9+.-]{{1,20}}://"
            r"(?P<hide>[^\s/?#:@]{0,200}:(?!\d{1,5}[/?#])[^\s]{1,200})(?=@[^\s@/])"
        ),
        word="secret",
    ),
    Rule(
        name="URL_CODE",
        title=_("Password"),
        pattern=re.compile(
            r"(?i)(?:[?&]code=(?P<hide>[\w%+/=.~-]{16,2000}))|"
            r"(?:(?:webhook\.office\.com|hooks\.slack\.com|logic\.azure\.com(?::\d{1,5})?|discord(?:app)?\.com/api/webhooks)/"
            r"""(?P<path>[^\s"'<>]{8,2000}))"""
        ),
        word="secret",
    ),
    Rule(
        name="NAMED_SECRET",
        title=_("Password"),
        # `name = value` to the end of the setting; `name: value` to the next comma with a blank, for pass phrases.
        pattern=re.compile(
            rf"""(?i){_NAMES}["'”]?\]?(?:"""
            rf"""\s{{0,3}}(?:[:=]|=>|:=|%3[ad]|\|)\s{{0,3}}(?P<quoted>{_QUOTED})|"""
            rf"""(?<=["'])\s?,\s?(?P<cell>{_QUOTED})|"""
            rf"""["']?\s{{1,3}}value\s?=\s?(?P<value>{_QUOTED})|"""
            r"""\s?>(?P<markup>[^<\n]{1,400})|"""
            r"""\s{0,3}\|\s{0,3}(?P<column>[^|\n]{1,400})|"""
            r"""(?:\s{0,3}(?:=>|:=|=)\s{0,3}|%3[ad])(?P<setting>[^;&"'<>|\n]{1,400})|"""
            r"""(?:\s{1,3}(?:is|was|lautet|ist))?\s{0,3}:\s{0,3}"""
            r"""(?P<hide>\S{1,1000}(?:(?<![,;])[ ][^\s,;]{1,100}[,;]?){0,12}))"""
        ),
        word="secret",
    ),
    Rule(
        name="COMMAND",
        title=_("Password"),
        pattern=re.compile(
            r"(?i)(?:(?:(?<=[-_])(?:password|passwd|passphrase|pass|pwd|secret|token|api-?key)|"
            r"(?-i:(?<=[a-z])(?:Password|Secret|Token|Pwd)))\s{1,3}"
            rf"(?P<hide>{_QUOTED}|(?![-$|&(])\S{{2,400}})|"
            rf"securestring\s{{1,3}}(?:-string\s{{1,3}})?(?P<string>{_QUOTED}|(?![-$|&(])\S{{2,400}})|"
            r"""(?:(?<=\s)-u|--user)[\s=]{0,3}["']?[^\s:"']{1,100}:(?P<user>\S{1,400})|"""
            r"""(?:mysql|mariadb|sshpass)[^\n]{0,100}?\s-p(?P<short>\S{1,200}))"""
        ),
        word="secret",
    ),
    Rule(
        name="SPOKEN_SECRET",
        title=_("Password"),
        pattern=re.compile(
            rf"(?i){_NAMES}\s{{1,3}}(?:is|was|now|lautet|ist|=|to|為|是|为)\s{{1,3}}(?:now\s{{1,3}}|again\s{{1,3}})?"
            rf"(?P<hide>{_MIXED}[^\s,;]{{4,200}})"
        ),
        word="secret",
    ),
    Rule(
        name="BARE_SECRET",
        title=_("Password"),
        pattern=re.compile(
            rf"(?i)(?<![a-z0-9])(?:password|passwort|passcode|pwd|pw|otp|pin|tap|{_CODES})\s{{1,3}}"
            r"(?P<hide>(?!0x)(?=\S{0,60}\d)[^\s,;]{4,200})"
        ),
        word="secret",
    ),
    Rule(
        name="SPOKEN_CHINESE",
        title=_("Password"),
        pattern=re.compile(
            r"(?:密碼|口令|驗證碼|密码|通行碼|安全碼|帳密|[Pp][Ii][Nn]碼)(?:改?(?:成|為|为|是)|就是)?\s{0,3}[:：]?\s{0,3}"
            r"(?:[「『“](?P<quoted>[^」』”\n]{1,200})|[(\[]?(?P<hide>[A-Za-z0-9!#$%^&*+=@_./-]{3,200}))"
        ),
        word="secret",
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
            r"1\.A[\w-]{20,60}\.[\w.-]{20,2000}|M\.[CR]\d{1,4}_[\w.!*$-]{20,2000}|pypi-[\w-]{16,300}|"
            r"\d{6}(?:-\d{6}){7}(?!\d))"
        ),
        word="key",
    ),
    Rule(
        name="PRODUCT_KEY",
        title=_("Key of a service"),
        pattern=re.compile(_BEGINS + r"(?<!-)[A-Z0-9]{5}(?:-[A-Z0-9]{5}){4}(?!-)" + _ENDS),
        word="key",
        where=is_product_key,
    ),
    Rule(
        name="ENCODED",
        title=_("Encoded secret"),
        pattern=re.compile(_BEGINS + r"(?<![+/=])[A-Za-z0-9+/]{12,2000}={0,2}(?![+/=])" + _ENDS),
        word="encoded secret",
        where=says_secret,
    ),
    Rule(
        name="RANDOM",
        title=_("Looks like a key"),
        pattern=re.compile(_BEGINS + r"(?<![+/=.-])[A-Za-z0-9_+/=~-]{28,4000}" + _ENDS),
        word="key",
        where=is_random,
    ),
    Rule(
        name="ADDRESS",
        title=_("Mail address"),
        # The domain stays: it says whose mail it is, not who.
        pattern=re.compile(
            r"(?P<hide>[\w.!#$&'*+/?^`{|}~-]{1,64})\s{0,1}(?:@|%40|\s?[(\[]\s?at\s?[)\]]\s?)\s{0,1}(?:(?:[\w-]{1,63}\s?[.]\s?|[\w-]{1,63}\s?[(\[]\s?dot\s?[)\]]\s?){1,6}[^\W\d_]{2,24})(?![\w])",
            re.IGNORECASE,
        ),
        word="address",
    ),
    Rule(
        name="IBAN",
        title=_("Account number"),
        pattern=re.compile(_BEGINS + r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?" + _ENDS),
        word="account",
        where=is_iban,
    ),
    Rule(
        name="CARD",
        title=_("Card number"),
        pattern=re.compile(_BEGINS + r"(?<!-)\d(?:[ -]?\d){12,18}(?!-)" + _ENDS),
        word="card",
        where=is_card,
    ),
    Rule(
        name="PERSONAL_ID",
        title=_("Personal number"),
        pattern=re.compile(_BEGINS + r"(?:[A-Z][1289]\d{8}|\d{3}-\d{2}-\d{4})" + _ENDS),
        word="personal number",
        where=lambda text: "-" in text or is_taiwanese_id(text),
    ),
    Rule(
        name="PHONE",
        title=_("Phone number"),
        pattern=re.compile(
            _BEGINS + r"(?<![+.-])(?<!\d:)(?:\+\d{1,3}[ .()-]{0,3}(?:\d[ .()-]{0,2}){6,13}\d|"
            r"\(0\d{1,3}\)[ -]?\d{3,4}[ -]?\d{3,4}|0\d{1,3}[ .-]\d{3,4}[ .-]?\d{3,4}|0[2-9]\d{7,8}|"
            r"00\d{9,13}|886\d{8,9}|1[3-9]\d{9}|"
            r"\(\d{3}\) ?\d{3}-\d{4}|\d{3}([.-])\d{3}\1\d{4})(?![A-Za-z0-9_:.-]?\d)"
        ),
        word="phone",
    ),
)
