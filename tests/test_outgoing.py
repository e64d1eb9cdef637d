"""Addresses that people type in: nothing but public https hosts, at save and again at send."""

import ast
import socket
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from csp_portal.outgoing import AddressRefused, Outgoing, Undeliverable, check_address
from tests.receiver import say

ROOT = Path(__file__).resolve().parent.parent
PUBLIC = "93.184.216.34"


def send(client: Outgoing, url: str) -> Any:
    return client.post(url, body=b'{"a":1}', headers={"Content-Type": "application/json"})


PROBES = {
    "loopback": "https://127.0.0.1:{port}/hook",
    "all addresses": "https://0.0.0.0:{port}/hook",
    "decimal": "https://2130706433:{port}/hook",
    "hexadecimal": "https://0x7f000001:{port}/hook",
    "octal": "https://0177.0.0.1:{port}/hook",
    "short": "https://127.1:{port}/hook",
    "six": "https://[::1]:{port}/hook",
    "four in six": "https://[::ffff:127.0.0.1]:{port}/hook",
    "NAT64": "https://[64:ff9b::7f00:1]:{port}/hook",
    "link-local, the cloud's own data": "https://169.254.169.254/latest/meta-data",
    "private": "https://10.0.0.1/hook",
    "by name": "https://localhost:{port}/hook",
    "by name with a dot": "https://localhost.:{port}/hook",
    "shared by carriers": "https://100.64.0.1/hook",
    "link-local six": "https://[fe80::1]/hook",
    "private six": "https://[fd00::1]/hook",
    "six to four": "https://[2002:7f00:1::]/hook",
    "four inside six": "https://[::127.0.0.1]:{port}/hook",
    "multicast": "https://224.0.0.1/hook",
    "a bare name": "https://redis:6379/",
    "plain http": "http://127.0.0.1:{port}/hook",
    "a file": "file:///etc/passwd",
    "a user": "https://example.com@127.0.0.1:{port}/hook",
    "a backslash": "https://127.0.0.1:{port}\\@example.com/hook",
    "a port that is none": "https://example.com:99999/",
    "a new line": "https://example.com/\r\nX-Evil: 1",
}


@pytest.mark.parametrize("probe", sorted(PROBES))
def test_an_address_that_is_not_public_is_refused_when_it_is_saved(receiver, probe):
    with pytest.raises(AddressRefused) as caught:
        check_address(PROBES[probe].format(port=receiver.server_port))

    assert str(caught.value)[0].isupper() or "." in str(caught.value)
    assert receiver.seen == []


@pytest.mark.parametrize("url", ["https://[fec0::1]/hook", "https://168.63.129.16/machine"])
def test_inner_addresses_that_python_calls_global_are_refused_when_they_are_saved(url):
    with pytest.raises(AddressRefused, match="not on the public internet"):
        check_address(url)


@pytest.mark.parametrize("probe", sorted(PROBES))
def test_an_address_that_is_not_public_is_refused_again_when_something_is_sent(receiver, ca_bundle, probe):
    client = Outgoing(ca_bundle=ca_bundle, timeout=(0.5, 0.5))
    with pytest.raises((AddressRefused, Undeliverable)) as caught:
        send(client, PROBES[probe].format(port=receiver.server_port))

    unreachable = {"four inside six", "by name with a dot"}  # no way leads there, so nothing is sent there either
    assert isinstance(caught.value, AddressRefused) or probe in unreachable
    assert receiver.seen == []


def test_a_receiver_on_this_machine_is_reached_only_by_a_client_told_so(receiver, nearby, ca_bundle):
    assert send(nearby, receiver.url).status == 200
    with pytest.raises(AddressRefused, match="not on the public internet"):
        send(Outgoing(ca_bundle=ca_bundle), receiver.url)

    assert [(path, body) for path, body, _headers in receiver.seen] == [("/hook", b'{"a":1}')]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(receiver, nearby, status):
    receiver.reply = lambda handler: say(handler, status, b"", Location=f"{receiver.url}/elsewhere")

    assert send(nearby, receiver.url).status == status
    assert len(receiver.seen) == 1


def test_a_host_without_a_trusted_certificate_gets_nothing(receiver):
    with pytest.raises(Undeliverable, match="SSLError"):
        send(Outgoing(allow_loopback=True), receiver.url)

    assert receiver.seen == []


def test_a_large_answer_is_not_read_to_its_end(receiver, nearby):
    receiver.reply = lambda handler: say(handler, 200, b"x" * 1_000_000)

    with pytest.raises(Undeliverable, match="larger"):
        send(nearby, receiver.url)


def test_a_dripping_answer_comes_to_an_end(receiver, ca_bundle):
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(1_000):
            handler.wfile.write(b"x")
            time.sleep(0.05)

    receiver.reply = drip
    client = Outgoing(ca_bundle=ca_bundle, allow_loopback=True, deadline=0.3)
    began = time.monotonic()
    with pytest.raises(Undeliverable, match="too long"):
        send(client, receiver.url)

    assert time.monotonic() - began < 20


def test_dripping_headers_come_to_an_end_and_are_no_success(receiver, ca_bundle):
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(80):
            handler.wfile.write(f"X-{number}: y\r\n".encode())
            time.sleep(0.5)

    receiver.reply = drip
    client = Outgoing(ca_bundle=ca_bundle, allow_loopback=True, deadline=0.3)
    began = time.monotonic()
    with pytest.raises(Undeliverable, match="too long"):
        send(client, receiver.url)

    assert time.monotonic() - began < 20


def test_the_environment_names_no_proxy_for_it(receiver, nearby, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert send(nearby, receiver.url).status == 200


class Watch:
    """Sees every connection this process opens; while it watches, none to a foreign host is let out."""

    def __init__(self) -> None:
        self.is_on, self.connected = False, list[str]()
        sys.addaudithook(self)

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if self.is_on and event == "socket.connect":
            self.connected.append(str(args[1][0]))
            raise OSError("no connection leaves a test")


_watch = Watch()


@pytest.fixture
def watch() -> Iterator[Watch]:
    _watch.connected.clear()
    _watch.is_on = True
    yield _watch
    _watch.is_on = False


@pytest.fixture
def resolver(monkeypatch) -> Callable[..., list[str]]:
    """Lets the system's resolver answer for a name one address after the other, as an attacker's does."""

    def answer_with(*addresses: str) -> list[str]:
        left, asked, real = list(addresses), list[str](), socket.getaddrinfo

        def resolve(host: str, port: int, *args: Any, **options: Any) -> Any:
            if host != "rebind.example":
                return real(host, port, *args, **options)
            asked.append(host)
            return real(left.pop(0), port, *args, **options)

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        return asked

    return answer_with


def test_a_name_that_turns_private_after_it_was_saved_is_refused_at_send(resolver, watch):
    resolver(PUBLIC, "127.0.0.1")
    check_address("https://rebind.example/hook")

    with pytest.raises(AddressRefused):
        send(Outgoing(), "https://rebind.example/hook")

    assert watch.connected == []


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(resolver, watch):
    asked = resolver(PUBLIC, "127.0.0.1")

    with pytest.raises(Undeliverable):
        send(Outgoing(), "https://rebind.example/hook")

    assert watch.connected == [PUBLIC]
    assert asked == ["rebind.example"]


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda h, p, **o: real(PUBLIC, p, **o) + real("10.1.2.3", p, **o))

    with pytest.raises(AddressRefused):
        check_address("https://two.example/hook")


def test_public_hosts_are_welcome(resolver):
    resolver(PUBLIC)

    check_address("https://rebind.example:8443/hook?a=b")
    check_address(f"https://{PUBLIC}/hook")


def test_no_product_code_lets_it_reach_this_machine():
    allowed = [
        f"{path}:{node.lineno}"
        for app in ("csp_portal", "customers", "health", "support")
        for path in (ROOT / app).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.keyword) and node.arg == "allow_loopback" and getattr(node.value, "value", 0) is True
    ]

    assert allowed == []
