"""Sends to addresses that people typed in (webhooks): public https hosts only, no redirect, small and soon over."""

import ipaddress
import re
import socket
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import cast
from urllib.parse import urlsplit

import requests
import urllib3
from django.utils.translation import gettext as _
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import InvalidIPAddress, get_ip_address

from csp_portal.deadline import Deadline
from csp_portal.microsoft.clouds import origin_of

LONGEST_ADDRESS = 2000
CONNECT_READ_TIMEOUT = (5.0, 10.0)
DEADLINE_SECONDS = 20.0
MOST_ANSWER_BYTES = 64 * 1024
LONGEST_RETRY_AFTER = 24 * 3600.0
_CHUNK = 16 * 1024
_TOO_LONG = "The answer took too long and was not read on."
_LIKE_A_KEY = 12  # characters of a part of an address
# The last part of such a host is a number, so it is an address in some spelling (WHATWG URL, "ends in a number").
_ENDS_IN_A_NUMBER = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)\.?", re.IGNORECASE)


Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_SITES = ipaddress.IPv6Network("fec0::/10")  # RFC 3879
_AZURE_HOST = ipaddress.IPv4Address("168.63.129.16")  # learn.microsoft.com, what-is-ip-address-168-63-129-16


class AddressRefused(ValueError):
    """Nothing is ever sent to this address; the sentence says why."""


class NotFound(AddressRefused):
    """The resolver knows no such host at this moment."""


class Undeliverable(Exception):
    """No usable answer came: another try may do better."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """`retry_after`: for how many seconds the other side wants to hear nothing."""

    status: int
    retry_after: float = 0.0
    body: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """The one client for such addresses; the resolver is asked again at each send, and what it names is checked."""

    ca_bundle: str | None = None
    allow_loopback: bool = False  # for tests alone, whose receivers run on this machine
    timeout: tuple[float, float] = CONNECT_READ_TIMEOUT
    deadline: float = DEADLINE_SECONDS
    max_bytes: int = MOST_ANSWER_BYTES

    def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer, whatever its status (a redirect is one and is not followed); AddressRefused or Undeliverable."""
        _plain_host(url)
        with Deadline(self.deadline) as deadline:
            try:
                answer = self._ask(url, body=body, headers=headers, deadline=deadline)
            except InvalidIPAddress as error:
                raise AddressRefused(_not_public(urlsplit(url).hostname or "")) from error
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                words = without_secrets(f"{type(error).__name__}: {error}", url=url)[:300]
                raise Undeliverable(_TOO_LONG if deadline.is_over else words) from error
        if deadline.is_over:  # cut off among its headers, an answer looks like a short one
            raise Undeliverable(_TOO_LONG)
        return answer

    def _ask(self, url: str, *, body: bytes, headers: Mapping[str, str], deadline: Deadline) -> Answer:
        ends_at = time.monotonic() + self.deadline
        with self._session() as session:
            deadline.watch(session)
            with session.post(url, data=body, headers=dict(headers), stream=True) as reply:
                read, wait = self._read(reply, ends_at=ends_at), _seconds(reply.headers.get("Retry-After", ""))
                return Answer(status=reply.status_code, retry_after=wait, body=read)

    def _session(self) -> requests.Session:
        config = Config(
            ip_filter_enable=True,
            ip_filter_allow_loopback_ips=self.allow_loopback,
            never_redirect=True,
            default_timeout=self.timeout,
            user_agent_override="csp-portal",
        )
        session = cast(requests.Session, HTTPSession(config))
        session.trust_env = False  # a proxy would resolve the name anew, past our check; a .netrc would add a password
        session.verify = self.ca_bundle or True
        return session

    def _read(self, reply: requests.Response, *, ends_at: float) -> bytes:
        chunks, size = [], 0
        while chunk := reply.raw.read1(_CHUNK, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > self.max_bytes:
                raise Undeliverable(f"The answer is larger than {self.max_bytes} bytes and was not read on.")
            if time.monotonic() > ends_at:
                raise Undeliverable(_TOO_LONG)
        return b"".join(chunks)


def _seconds(retry_after: str) -> float:
    """Retry-After as seconds or as a date, at most a day."""
    seconds = 0.0
    if retry_after.strip().isdecimal():
        seconds = float(retry_after)
    elif retry_after:
        with suppress(TypeError, ValueError):  # a date that is none asks for nothing
            seconds = parsedate_to_datetime(retry_after).timestamp() - time.time()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def without_secrets(text: str, *, url: str) -> str:
    """The text without what only the address's owner knows: whoever reads path or query can write into the channel.

    Libraries name them in their errors, and many servers in the pages that say what they do not know.
    """
    parts = urlsplit(url)
    whole = f"{parts.path}?{parts.query}" if parts.query else parts.path
    pieces = [piece for piece in re.split("[/?&=]", whole) if len(piece) >= _LIKE_A_KEY]
    for secret in sorted({whole, parts.path, *pieces}, key=len, reverse=True):
        if len(secret) > 1:
            text = text.replace(secret, "…")
    return text


def check_address(url: str) -> None:
    """For forms: AddressRefused with a sentence unless every address of the host is public at this moment."""
    place_of(*_plain_host(url))


def place_of(host: str, port: int, *, networks: Collection[Network] = ()) -> str:
    """An address of the host to connect to, once all of them are public or within `networks`; else AddressRefused."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotFound(_("The host %(host)s can't be found. Check the spelling.") % {"host": host}) from error
    places = [str(place[0]) for *_rest, place in found]
    for place in places:
        address = ipaddress.ip_address(place.partition("%")[0])
        if not any(address in network for network in networks):
            _refuse_inner(address, host=host, port=port)
    return places[0]


def _refuse_inner(address: ipaddress.IPv4Address | ipaddress.IPv6Address, *, host: str, port: int) -> None:
    try:
        get_ip_address(str(address), port, allow_loopback=False)
    except InvalidIPAddress as error:
        raise AddressRefused(_not_public(host)) from error
    if address.is_reserved or not address.is_global or _is_inner(address):
        raise AddressRefused(_not_public(host))


def _is_inner(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """What Python calls global and no public host has: the IPv6 of sites, and Azure's host of each virtual machine."""
    return address in _SITES if address.version == 6 else address == _AZURE_HOST


def _plain_host(url: str) -> tuple[str, int]:
    """Host and port of an address that all parsers read alike; AddressRefused where it is not one."""
    try:
        origin = origin_of(url)
        port = urlsplit(origin).port or 443
    except ValueError as error:
        sentence = _("Write a full address that begins with https:// and holds no user name, at a port below 65536.")
        raise AddressRefused(sentence) from error
    host = urlsplit(origin).hostname or ""
    if len(url) > LONGEST_ADDRESS or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise AddressRefused(_("The address is too long, or there is a space in it."))
    if ":" in host:
        return host, port
    if _ENDS_IN_A_NUMBER.fullmatch(host):
        try:
            ipaddress.IPv4Address(host)
        except ValueError as error:
            sentence = _("Write the host by its name, or its address as four numbers with dots.")
            raise AddressRefused(sentence) from error
    elif "." not in host:
        raise AddressRefused(_not_public(host))
    return host, port


def _not_public(host: str) -> str:
    return _(
        "%(host)s is not on the public internet. To protect the inner network, nothing is sent to private addresses."
    ) % {"host": host}
