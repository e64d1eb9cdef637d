"""Reads any mail: whatever is broken in it, what can be read is read, and nothing raises that the caller can't name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import HeaderParseError, MessageError
from email.header import Header, decode_header
from email.message import Message
from email.utils import getaddresses, parseaddr

from support.known.following import plain_words

UNREADABLE = (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
_IDS = re.compile(r"<([^<>\s]{3,250})>")
_ALIASES = {"unicode-1-1-utf-7": "utf-7", "x-gbk": "gbk", "big5-hkscs": "big5hkscs", "x-sjis": "shift_jis"}
_WHERE = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Delivered-To")
_MACHINES = ("mailer-daemon@", "postmaster@", "noreply@", "no-reply@")


@dataclass(frozen=True, kw_only=True, slots=True)
class Enclosed:
    name: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """A mail as we understand it; texts without NUL, ids without angle brackets."""

    message_id: str
    references: tuple[str, ...]
    sender_name: str
    sender_address: str
    addressed: tuple[str, ...]
    subject: str
    text: str
    is_automatic: bool
    is_bounce: bool
    bounced_ids: tuple[str, ...] = ()
    files: tuple[Enclosed, ...] = field(default=())


def read_mail(raw: bytes) -> Letter:
    """One of UNREADABLE where nothing can be made of it: the caller sets it aside for a person."""
    mail = message_from_bytes(raw)
    name, address = _sender(mail)
    plain, html, files = _parts(mail)
    is_bounce = _is_bounce(mail, address)
    if not address and not plain and not html and not files:
        raise ValueError("It has no sender and says nothing.")
    return Letter(
        message_id=next(iter(_ids(mail, "Message-ID")), ""),
        references=tuple(dict.fromkeys([*_ids(mail, "In-Reply-To"), *_ids(mail, "References")])),
        sender_name=_clean(name)[:200],
        sender_address=_clean(address)[:254],
        addressed=tuple(found for _name, found in getaddresses([_raw(mail, where) for where in _WHERE]) if found),
        subject=" ".join(_clean(_header(mail, "Subject")).split())[:250],
        text=_clean(plain or plain_words(html)).strip(),
        is_automatic=is_bounce or _is_automatic(mail, address),
        is_bounce=is_bounce,
        bounced_ids=tuple(_IDS.findall(raw.decode("latin-1"))[:200]) if is_bounce else (),
        files=tuple(files),
    )


def _parts(mail: Message) -> tuple[str, str, list[Enclosed]]:
    """Plain text, HTML, and everything else as files; of alternatives the first of each kind."""
    plain, html = [], []
    files: list[Enclosed] = []
    for number, part in enumerate(_leaves(mail)):
        content = _content(part)
        kind, name = part.get_content_type(), _clean(_decoded(part.get_filename() or ""))
        is_file = bool(name) or part.get_content_disposition() == "attachment"
        if kind == "text/plain" and not is_file:
            plain.append(_text(content, part))
        elif kind == "text/html" and not is_file:
            html.append(_text(content, part))
        elif content:
            ending = {"text/calendar": "ics", "message/rfc822": "eml"}.get(kind, kind.rpartition("/")[2])
            content_id = str(part.get("Content-ID") or "").strip("<> ")[:300]
            files.append(Enclosed(name=name or f"part-{number}.{ending}", content=content, content_id=content_id))
    return "\n".join(plain), "\n".join(html), files


def _leaves(mail: Message) -> Iterator[Message]:
    """Parts that are not made of parts; a mail inside the mail is one file, and not taken apart."""
    if mail.get_content_type() == "message/rfc822":
        yield mail
    elif mail.is_multipart():
        for part in mail.get_payload():
            if isinstance(part, Message):
                yield from _leaves(part)
    else:
        yield mail


def _content(part: Message) -> bytes:
    if part.get_content_type() == "message/rfc822" and part.is_multipart():
        inner = part.get_payload(0)
        return inner.as_bytes() if isinstance(inner, Message) else b""
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _text(content: bytes, part: Message) -> str:
    """In the charset that it says, else as UTF-8, else so that every byte is some letter."""
    said = (part.get_content_charset() or "utf-8").casefold()
    for charset in (_ALIASES.get(said, said), "utf-8", "big5" if b"\xa4" in content else "cp1252"):
        try:
            return content.decode(charset)
        except (LookupError, UnicodeError):
            continue
    return content.decode("latin-1")


def _sender(mail: Message) -> tuple[str, str]:
    """Taken apart before it is decoded: a name may say "Wang, Li", or another's address, and is still a name."""
    name, address = parseaddr(_raw(mail, "From"))
    return (_decoded(name), address) if "@" in address else parseaddr(_header(mail, "From"))


def _header(mail: Message, name: str) -> str:
    return _decoded(_raw(mail, name))


def _raw(mail: Message, name: str) -> str:
    return ", ".join(_letters(one) for one in mail.get_all(name, []))


def _letters(value: str | Header) -> str:
    """A header with bytes above 127 comes as a Header, which writes each of them as a question mark."""
    if isinstance(value, str):
        return value
    content = b"".join(
        piece if isinstance(piece, bytes) else piece.encode() for piece, _charset in decode_header(value)
    )
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _decoded(text: str) -> str:
    """Encoded words as letters; what can't be decoded stays as it is written."""
    try:
        parts = decode_header(text)
    except (HeaderParseError, ValueError):
        return text
    return "".join(_piece(part, charset) for part, charset in parts)


def _piece(part: bytes | str, charset: str | None) -> str:
    if isinstance(part, str):
        return part
    try:
        # Beside an encoded word Python writes what was not encoded this way.
        return part.decode(_ALIASES.get(charset.casefold(), charset) if charset else "raw-unicode-escape")
    except (LookupError, UnicodeError):
        return part.decode("latin-1")


def _ids(mail: Message, name: str) -> list[str]:
    return [_clean(found) for found in _IDS.findall(_header(mail, name))]


def _is_bounce(mail: Message, address: str) -> bool:
    is_report = mail.get_content_type() == "multipart/report" and "delivery-status" in str(mail.get("Content-Type"))
    is_null = str(mail.get("Return-Path", "")).strip() == "<>"
    return is_report or (is_null and address.casefold().startswith(_MACHINES[:2]))


def _is_automatic(mail: Message, address: str) -> bool:
    """RFC 3834, and what programs say that came before it or never read it."""
    submitted = str(mail.get("Auto-Submitted", "no")).casefold().split(";")[0].strip()
    precedence = str(mail.get("Precedence", "")).casefold().strip()
    says = any(mail.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress-Sent"))
    return (
        submitted not in ("no", "")
        or precedence in ("bulk", "junk", "auto_reply", "list")
        or says
        or address.casefold().startswith(_MACHINES[:2])
    )


def _clean(text: str) -> str:
    """Without NUL and without halves of surrogate pairs, which no database takes."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
