"""The address that an answer comes back to: it names the ticket, signed, so that nobody can guess his way into one."""

import re
from email.utils import formataddr, parseaddr

from django.core.signing import Signer

_SALT = "support.mail.reply"
_PLUS = re.compile(r"\+t(\d{1,15})\.([A-Za-z0-9_-]{16,64})@")
_LENGTH = 24  # of the signature; a mail address may have 64 characters before its @


def reply_address(number: int, *, sender: str) -> str:
    """The sender's address with the ticket and its signature after a plus; the name stays."""
    name, address = parseaddr(sender)
    local, _at, domain = address.partition("@")
    return formataddr((name, f"{local}+t{number}.{_signature(number)}@{domain}"))


def ticket_named_in(address: str) -> int | None:
    """The ticket whose signed address this is; None for every other one."""
    found = _PLUS.search(address)
    if found is None or found[2].casefold() != _signature(int(found[1])).casefold():
        return None
    return int(found[1])


def _signature(number: int) -> str:
    # Mail servers may change the case of what stands before the @, so the signature is compared without it.
    signed = Signer(salt=_SALT).sign(str(number))
    _number, _colon, signature = signed.rpartition(":")
    return signature.replace("-", "a").replace("_", "b")[:_LENGTH]
