"""Hands one mail to the mail server, and says at each point whether it may have been taken.

A server takes a mail with the dot after its last line (RFC 5321, 4.1.1.4): what breaks off before was never sent. So
the caller is asked just before that dot, and writes down then that the mail may be gone from here on.
"""

import re
import smtplib
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

_LINE_END = re.compile(rb"\r\n|\r|\n")
_DOT = re.compile(rb"^\.", re.MULTILINE)


# How long a server may think about a whole mail before it answers; filters take their time (RFC 5321, 4.5.3.2.6).
ANSWER_SECONDS = 60


class Unreachable(Exception):
    """The mail server took nothing, and would take no other mail either: it is away, or does not like us."""


class Unclear(Exception):
    """The mail was handed over but no answer came: it may be on its way, or not."""


class Withdrawn(Exception):
    """The caller took the mail back before its last byte."""


@dataclass(eq=False)
class Refused(Exception):
    """The mail server answered, and took nothing."""

    code: int
    answer: str
    of_recipient: bool

    @property
    def is_final(self) -> bool:
        return self.code >= 500

    @property
    def is_of_mailbox(self) -> bool:
        """Whether the mailbox takes no mail; 5.7.x says that it does not like us, or this mail (RFC 3463)."""
        return self.of_recipient and self.is_final and not re.search(r"\b5\.7\.\d", self.answer)


class Outlet(Protocol):
    def send(
        self,
        mail: EmailMultiAlternatives,
        *,
        sender: str,
        recipient: str,
        may_finish: Callable[[], bool],
        also: Sequence[str] = (),
    ) -> str: ...

    def close(self) -> None: ...


class SmtpOutlet:
    """One connection for many mails, opened with the first and again after a break."""

    def __init__(self) -> None:
        self._smtp: smtplib.SMTP | None = None

    def send(
        self,
        mail: EmailMultiAlternatives,
        *,
        sender: str,
        recipient: str,
        may_finish: Callable[[], bool],
        also: Sequence[str] = (),
    ) -> str:
        """The server's answer to a mail that it took for all of its recipients; or one of the errors above."""
        try:
            smtp = self._open()
            _envelope(smtp, sender=sender, recipients=[recipient, *also])
            smtp.send(_lines_of(mail.message().as_bytes()))
        except Refused:
            self._reset()
            raise
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Unreachable(str(error)) from error
        if not may_finish():
            self.close()  # in the middle of a mail nothing else ends it
            raise Withdrawn
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(ANSWER_SECONDS)
            smtp.send(b".\r\n")
            code, answer = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise Unclear(str(error)) from error
        if code != 250:
            raise Refused(code, _text(code, answer), of_recipient=False)
        return _text(code, answer)

    def close(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def _open(self) -> smtplib.SMTP:
        if self._smtp is None:
            smtp = smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=settings.EMAIL_TIMEOUT)
            self._smtp = smtp
            smtp.ehlo_or_helo_if_needed()
            if settings.EMAIL_USE_TLS:
                smtp.starttls(context=ssl.create_default_context())
            if settings.EMAIL_HOST_USER:
                smtp.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        return self._smtp

    def _reset(self) -> None:
        """Clear away a refused mail; a server that hung up with its refusal is called anew."""
        with suppress(OSError, smtplib.SMTPException):
            if self._smtp is not None and self._smtp.rset()[0] == 250:
                return
        self.close()


class LogOutlet:
    """Where no mail server is set: Django's own backend, which writes mails to the log as all of the portal's."""

    def send(
        self,
        mail: EmailMultiAlternatives,
        *,
        sender: str,
        recipient: str,
        may_finish: Callable[[], bool],
        also: Sequence[str] = (),
    ) -> str:
        if not may_finish():
            raise Withdrawn
        get_connection().send_messages([mail])
        return "written to the log: no mail server is set"

    def close(self) -> None:
        """There is nothing to close."""


class Outgoing:
    """The outlet of this portal for the time of a `with`."""

    def __init__(self) -> None:
        self._outlet: Outlet = SmtpOutlet() if settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend") else LogOutlet()

    def __enter__(self) -> Outlet:
        return self._outlet

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._outlet.close()


def _envelope(smtp: smtplib.SMTP, *, sender: str, recipients: Sequence[str]) -> None:
    """From, to and the leave to send the mail's lines."""
    _expect(250, smtp.mail(sender))
    for recipient in recipients:
        code, answer = smtp.rcpt(_in_ascii(recipient))
        if code not in (250, 251):
            raise Refused(code, _text(code, answer), of_recipient=True)
    smtp.putcmd("data")
    _expect(354, smtp.getreply())


def _expect(code: int, reply: tuple[int, bytes]) -> None:
    if reply[0] != code:
        raise smtplib.SMTPException(_text(*reply))


def _in_ascii(address: str) -> str:
    """The address with its domain as the wire knows it (IDNA)."""
    local, _at, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}".encode("ascii").decode()
    except UnicodeError as error:
        raise Refused(553, f"{address} can't be written to.", of_recipient=True) from error


def _lines_of(mail: bytes) -> bytes:
    """The mail as SMTP wants its lines, without the dot that ends it."""
    lines = _DOT.sub(b"..", _LINE_END.sub(b"\r\n", mail))
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


def _text(code: int, answer: bytes) -> str:
    return f"{code} {answer.decode(errors='replace')}".replace("\x00", "")[:500]
