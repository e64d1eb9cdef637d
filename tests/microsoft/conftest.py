"""Small real HTTPS servers that say what a test tells them and remember who asked."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from csp_portal.microsoft.auth import Credential
from csp_portal.microsoft.clouds import Cloud, CloudName
from csp_portal.microsoft.http import Http

SAMPLES = Path(__file__).parents[3] / "shared" / "reference" / "graph-samples"

PARTNER = "11111111-1111-1111-1111-111111111111"
SECRET = "a~secret~nobody~may~see"

Handler = Callable[[Request], Response]


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]


@dataclass
class HttpsServer:
    """Serves `routes` (path → handler) and records every request."""

    ca_bundle: str
    routes: dict[str, Handler] = field(default_factory=dict)
    otherwise: Handler = lambda request: Response("{}", status=404, content_type="application/json")
    seen: list[Seen] = field(default_factory=list)
    client_ports: list[int] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        self.routes[path] = lambda request: Response(
            text, status=status, headers=headers or {}, content_type="application/json"
        )

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        self.seen.append(
            Seen(
                method=request.method,
                path=request.path,
                query=request.args.to_dict(),
                headers={key.lower(): value for key, value in request.headers.items()},
                form=request.form.to_dict(),
            )
        )
        response = self.routes.get(request.path, self.otherwise)(request)
        return response(environ, start_response)

    def cloud(self, *, partner_center_url: str = "", arm_url: str = "", login_url: str = "") -> Cloud:
        return Cloud(
            name=CloudName.CUSTOM,
            label="Custom",
            login_url=login_url or self.url,
            graph_url=self.url,
            partner_center_url=partner_center_url or self.url,
            arm_url=arm_url or self.url,
            admin_url=self.url,
            ca_bundle=self.ca_bundle,
        )


class QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keeps the test output readable."""


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def start_server(authority: trustme.CA, ca_bundle: str) -> Iterator[Callable[[], HttpsServer]]:
    running = []

    def start() -> HttpsServer:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(tls)
        app = HttpsServer(ca_bundle=ca_bundle)
        server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=tls, request_handler=QuietHandler)
        app.url = f"https://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        running.append((server, thread))
        return app

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def microsoft(start_server: Callable[[], HttpsServer]) -> HttpsServer:
    return start_server()


@pytest.fixture
def elsewhere(start_server: Callable[[], HttpsServer]) -> HttpsServer:
    """A host that is not Microsoft's, with a certificate that is good all the same."""
    return start_server()


@pytest.fixture
def keep_alive(authority: trustme.CA, ca_bundle: str) -> Iterator[HttpsServer]:
    """Answers {} and keeps its connections open, which werkzeug never does."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    app = HttpsServer(ca_bundle=ca_bundle)

    class Patient(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            app.seen.append(Seen(method="GET", path=self.path, query={}, headers={}, form={}))
            app.client_ports.append(self.client_address[1])
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Keeps the test output readable."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Patient)
    server.daemon_threads = True
    server.block_on_close = False
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    app.url = f"https://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield app
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Login:
    """Microsoft's sign-in service in a few lines, for answers that the sandbox does not give."""

    server: HttpsServer
    reply: Callable[[str, Request], Response] | None = None
    discovery_changes: dict[str, str] = field(default_factory=dict)
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)  # by key id
    key_issuer: str = ""

    def __post_init__(self) -> None:
        self.server.otherwise = self.handle

    def handle(self, request: Request) -> Response:
        tenant, _, rest = request.path.lstrip("/").partition("/")
        base = f"{self.server.url}/{tenant}"
        if rest == "v2.0/.well-known/openid-configuration":
            document = {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
            }
            return as_json({**document, **self.discovery_changes})
        if rest == "discovery/v2.0/keys":
            return as_json({"keys": [self.public(key_id) for key_id in self.keys]})
        assert rest == "oauth2/v2.0/token"
        if self.reply is not None:
            return self.reply(tenant, request)
        return as_json({"token_type": "Bearer", "expires_in": 3600, "access_token": f"token-for-{tenant}"})

    def public(self, key_id: str) -> dict[str, Any]:
        key = RSAAlgorithm.to_jwk(self.keys[key_id].public_key(), as_dict=True)
        return {**key, "use": "sig", "kid": key_id, **({"issuer": self.key_issuer} if self.key_issuer else {})}

    def sign(self, claims: dict[str, Any], *, key_id: str = "first") -> str:
        return jwt.encode(claims, self.keys[key_id], algorithm="RS256", headers={"kid": key_id})

    @property
    def key_requests(self) -> list[Seen]:
        return [seen for seen in self.server.seen if seen.path.endswith("/keys")]

    @property
    def discoveries(self) -> list[Seen]:
        return [seen for seen in self.server.seen if seen.path.endswith("openid-configuration")]

    @property
    def token_requests(self) -> list[Seen]:
        return [seen for seen in self.server.seen if seen.path.endswith("/token")]

    def credential(self, **changes: Any) -> Credential:
        values = {"client_id": "our-app", "partner_tenant_id": PARTNER, "secret": SECRET, "key": "connection-1"}
        return Credential(cloud=self.server.cloud(), **{**values, **changes})


def as_json(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status=status, headers=headers or {}, content_type="application/json")


@pytest.fixture(scope="session")
def rsa_keys() -> list[rsa.RSAPrivateKey]:
    """Two keys, made once: making one takes a tenth of a second."""
    return [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]


@pytest.fixture
def login(microsoft: HttpsServer, rsa_keys: list[rsa.RSAPrivateKey]) -> Login:
    return Login(server=microsoft, keys={"first": rsa_keys[0]})


@pytest.fixture
def http() -> Http:
    return Http()


@pytest.fixture
def sample() -> Callable[[str], Any]:
    """Reads one of the documentation samples of Microsoft's APIs, byte for byte."""
    if not SAMPLES.is_dir():
        pytest.skip("the samples of ../shared/reference/graph-samples are not beside this checkout")
    return lambda name: (SAMPLES / f"{name}.json").read_text()
