"""How every line of every log is written: with the id of its request or task, on one line, and without secrets."""

import logging
import re
import threading
import unicodedata
from contextvars import ContextVar
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from celery import current_task
from django.conf import settings
from django.http import HttpRequest

HIDDEN = "[hidden]"
SHORTEST_SECRET = 8
REQUEST_ID = "portal.request_id"  # in a request's META, where no header can get

request_id: ContextVar[str] = ContextVar("request_id", default="")  # set by audit.origin.OriginMiddleware

_KEYS = (
    r"[\w-]*(?:secret|passw(?:or)?d|passphrase|token|assertion|credential|api[_-]?key|private[_-]?key|cookie)[\w-]*"
    r"|(?:proxy-)?authorization|code|code_verifier|otp|totp|sessionid|session_key|__Host-session|session-\d+|sig"
)
# name=value, name: value and "name": "value"; a value may be quoted. `code` is hidden only where it looks like a field.
_BY_KEY = re.compile(
    rf"(?P<name>(?<![\w-])(?:{_KEYS}))(?P<mark>['\"]?\s*(?:=|:(?!//))\s*)"
    r"(?P<value>(?:b?'(?:[^'\\]|\\.)*'|b?\"(?:[^\"\\]|\\.)*\")|(?:(?:Bearer|Basic|Token)\s+)?[^\s,;&'\"}\])]+)",
    re.IGNORECASE,
)
_BY_LOOK = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"  # a JSON Web Token
    r"|(?<![\w.])[01]\.A[\w-]{10,}[\w.-]*"  # Microsoft's refresh tokens and authorization codes
    r"|\bcsp_[A-Za-z0-9]{16,}"  # our API tokens
    r"|(?<=\b(?i:Bearer)\s)\S{8,}"
    r"|(?<=://)[^\s/@:]*:[^\s/@]+(?=@)",  # the password in an address
    re.DOTALL,
)
_known: set[str] = set()
_known_lock = threading.Lock()


def hide_from_logs(secret: str) -> None:
    """Write this value nowhere from now on; a secret is told when it is sealed or opened."""
    if len(secret) >= SHORTEST_SECRET:
        with _known_lock:
            _known.update({secret, secret.strip().replace("\n", "\\n"), *_long_lines(secret)})


def redacted(text: str) -> str:
    """The text without what is known or looks like a secret."""
    for secret in sorted(_known | _of_settings(), key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, HIDDEN)
    return _BY_KEY.sub(_hide_value, _BY_LOOK.sub(HIDDEN, text))


class Lines(logging.Formatter):
    """One record, one line; a traceback's lines follow behind a mark that no message can forge."""

    def __init__(self, line: str = "{asctime} {levelname} {name} [{work}] {message}") -> None:
        super().__init__(line, style="{")

    def format(self, record: logging.LogRecord) -> str:
        record.work = _work_of(record)
        whole = redacted(super().format(record))
        first, *rest = whole.split("\n") if record.exc_info or record.stack_info else [whole]
        return "\n".join([_one_line(first), *(f"  | {_one_line(line)}" for line in rest)])

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The message is made one line before a traceback is put behind it."""
        record.message = _one_line(record.message)
        return super().formatMessage(record)


def _one_line(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or unicodedata.category(letter) == "Zs" else repr(letter)[1:-1]
        for letter in text.replace("\t", " ")
    )


def _work_of(record: logging.LogRecord) -> str:
    """The id of the request or of the Celery task at work; Django logs 4xx when the middleware is done already."""
    answered = getattr(record, "request", None)
    if isinstance(answered, HttpRequest) and REQUEST_ID in answered.META:
        return str(answered.META[REQUEST_ID])
    if found := request_id.get():
        return found
    task = current_task.request.id if current_task else None
    return str(task or "-")


def _hide_value(match: re.Match[str]) -> str:
    name, mark, value = match["name"], match["mark"], match["value"]
    if name.lower() == "code" and (mark.strip() != "=" or value.isdigit()) and "'" not in mark and '"' not in mark:
        return match[0]  # "code: 404", "answered 403 code: …" are words
    return f"{name}{mark}{HIDDEN}"


@lru_cache(maxsize=1)
def _of_settings() -> frozenset[str]:
    """The secrets that the settings hold."""
    database = settings.DATABASES["default"]["PASSWORD"]
    addresses = (urlsplit(settings.REDIS_URL).password or "",)
    found = {settings.SECRET_KEY, database, settings.EMAIL_HOST_PASSWORD, *addresses, *map(unquote, addresses)}
    return frozenset(secret for secret in found if len(secret) >= SHORTEST_SECRET)


def _long_lines(secret: str) -> set[str]:
    """The lines of a PEM key, for a log that cuts it up."""
    return {line for line in secret.splitlines() if len(line) >= 40}
