"""Secrets are planted and everything is done with them: they turn up in no log, page, file, audit or Redis."""

import base64
import contextlib
import hmac
import json
import re
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2
import pytest
import redis
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from csp_portal.microsoft.sandbox.server import SandboxServer
from csp_portal.microsoft.sandbox.wire import Call, Reply
from csp_portal.microsoft.sandbox.world import World
from csp_portal.system.processes import is_free
from tests.health.private_portal import PrivatePortal, wait_until

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parent.parent
CANARY = {
    "client secret": "Canary~CLIENT.secret-8Q~a1b2c3d4e5f6",
    "entered secret": "Canary~ENTERED.secret-8Q~f6e5d4c3b2a1",
    "refresh token": "0.AXkCanaryREFRESHtoken0123456789abcdefghijklmnopqrstuvwxyz.AgABAAEAAAD",
    "authorization code": "1.AXkCanaryCODE0123456789abcdefghijklmnopqrstuvwxyz",
    "password": "canary horse battery staple PASSWORD",
    "wrong password": "canary horse battery staple WRONG",
    "totp seed": base64.b32encode(b"canary-totp-seed-000").decode(),
}
SAM = "Delegated"

_PLANT = """
import json, time
from datetime import timedelta
from importlib import import_module
from django.conf import settings
from django.utils import timezone
from allauth.mfa.models import Authenticator
from csp_portal.accounts.models import *
from csp_portal.secrets import keyring
from customers.models import *
facts = json.loads({facts!r})
canary = facts["canary"]
owner = User.objects.create_local("owner@partner.example", name="Olga", role=Role.OWNER, password=canary["password"])
agent = User.objects.create_local(
    "agent@partner.example", name="Anna", role=Role.SUPPORT_AGENT, password=canary["password"]
)
seed = keyring().seal(canary["totp seed"], bound_to=f"mfa_authenticator/{{agent.pk}}/secret")
Authenticator.objects.create(user=agent, type="totp", data={{"secret": seed}})
def connect(name, **secrets):
    row = Connection(
        name=name, cloud="custom", partner_tenant_id=facts["tenant"], client_id=facts["client"],
        certificate=secrets.pop("certificate", ""), auth_model="SECURE_APP_MODEL" if name == {sam!r} else "APP_ONLY",
    )
    for secret, plain in secrets.items():
        row.seal_secret(secret, plain)
    row.refresh_token_at = timezone.now() if name == {sam!r} else None
    row.save()
    return row
rows = [
    connect("Secret", client_secret=canary["client secret"]),
    connect("Certificate", private_key=facts["key"], certificate=facts["certificate"]),
    connect({sam!r}, client_secret=canary["client secret"], refresh_token=canary["refresh token"]),
]
for number, tenant in enumerate(facts["tenants"]):
    customer = Customer.objects.create(
        tenant_id=tenant, connection=rows[number % 3], cloud="custom", name=f"Customer {{number}}", source="FILE"
    )
    for kind in Feed.Kind:
        Feed.objects.create(customer=customer, kind=kind)
session = import_module(settings.SESSION_ENGINE).SessionStore()
now = timezone.now().isoformat()
session["_auth_user_id"], session["_auth_user_backend"] = str(owner.pk), "django.contrib.auth.backends.ModelBackend"
session["_auth_user_hash"] = owner.get_session_auth_hash()
session["account_authentication_methods"] = [{{"at": time.time(), "method": "mfa", "type": "webauthn"}}]
session["account_authentication_methods_user"] = str(owner.pk)
session["session_facts"] = {{"address": "127.0.0.1", "device": "", "began_at": now, "seen_at": now}}
session.create()
token, plain = ApiToken.objects.create(user=owner, expiry=timedelta(days=1), name="t", scopes=["READ"])
print("=" + json.dumps({{
    "session": session.session_key, "token": plain, "cookie": settings.SESSION_COOKIE_NAME,
    "connections": [str(row.pk) for row in rows],
}}))
"""


class Listening(SandboxServer):
    """Remembers every token that came over its wire."""

    def __init__(self, *args: object, **options: object) -> None:
        self.tokens: set[str] = set()
        super().__init__(*args, **options)  # type: ignore[arg-type]

    def answer(self, call: Call) -> Reply:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer":
            self.tokens.add(token)
        return super().answer(call)


class Portal(PrivatePortal):
    """With a web server and a worker that log all they can."""

    def start(self, name: str, *command: str) -> None:
        log = (self.folder / f"{name}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, *command], env=self.env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )
        self._workers.append(process)

    @contextlib.contextmanager
    def broken(self, table: str) -> Iterator[None]:
        """A real fault: the table is gone for a while, and whoever needs it fails."""
        self.sql(f"ALTER TABLE {table} RENAME TO {table}_gone")
        try:
            yield
        finally:
            self.sql(f"ALTER TABLE {table}_gone RENAME TO {table}")

    def sql(self, statement: str) -> list[tuple[str, ...]]:
        connection = psycopg2.connect(self.env.get("DATABASE_OWNER_URL") or self.env["DATABASE_URL"])
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
        connection.close()
        return rows


@pytest.fixture
def key_pair() -> tuple[str, str]:
    key, now = rsa.generate_private_key(public_exponent=65537, key_size=2048), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "portal")])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=90)
    )
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(), certificate


@pytest.fixture
def sandbox(sandbox_state: Path, key_pair: tuple[str, str]) -> Iterator[Listening]:
    world = World(seed=3, tenants=9, clock=lambda: datetime.now(UTC))
    world.partner.client_secret = CANARY["client secret"]
    world.partner.certificates.append(key_pair[1])
    with Listening(world, state_dir=sandbox_state) as server:
        yield server


@pytest.fixture
def portal(sandbox: Listening, tmp_path: Path) -> Iterator[Portal]:
    port = next(number for number in range(8700, 8800) if is_free(number))
    hosts = {f"MICROSOFT_{host}_URL": sandbox.url for host in ("LOGIN", "GRAPH", "PARTNER_CENTER", "ARM")}
    settings = {"MICROSOFT_CA_BUNDLE": sandbox.ca_bundle, "PORT": str(port), "PORTAL_URL": f"http://localhost:{port}"}
    portal = Portal(tmp_path / "portal", microsoft={**hosts, **settings})
    portal.env["LOG_LEVEL"] = "DEBUG"
    try:
        yield portal
    finally:
        portal.close()


class Browser:
    """Follows nothing by itself and keeps every page it saw."""

    def __init__(self, portal: Portal) -> None:
        self.url, self.session, self.pages = portal.env["PORTAL_URL"], requests.Session(), list[str]()

    def get(self, path: str, **options: object) -> requests.Response:
        return self._keep(self.session.get(f"{self.url}{path}", timeout=60, **options))  # type: ignore[arg-type]

    def post(self, path: str, form: str = "", **fields: str) -> requests.Response:
        """Fill in the form of the page `form` (or of the same path) and send it."""
        page = self.get(form or path).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        fields["csrfmiddlewaretoken"] = token[1] if token else ""
        return self._keep(self.session.post(f"{self.url}{path}", data=fields, timeout=60))

    def _keep(self, answer: requests.Response) -> requests.Response:
        self.pages.append(f"{answer.status_code} {answer.headers} {answer.text}")
        return answer


def _totp(seed: str) -> str:
    digest = hmac.new(base64.b32decode(seed), struct.pack(">Q", int(time.time()) // 30), "sha1").digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def _in_redis(url: str) -> str:
    """Every key and every value, whatever its kind."""
    read = {
        b"string": lambda db, key: db.get(key),
        b"hash": lambda db, key: db.hgetall(key),
        b"list": lambda db, key: db.lrange(key, 0, -1),
        b"set": lambda db, key: db.smembers(key),
        b"zset": lambda db, key: db.zrange(key, 0, -1, withscores=True),
    }
    with redis.Redis.from_url(url) as db:
        keys = list(db.scan_iter())
        return "\n".join(f"{key!r} {read[db.type(key)](db, key)!r}" for key in keys)


def test_no_secret_turns_up_where_it_does_not_belong(portal, sandbox, key_pair, tmp_path):
    world = sandbox.world
    facts = {
        "canary": CANARY,
        "key": key_pair[0],
        "certificate": key_pair[1],
        "tenant": world.partner.tenant_id,
        "client": world.partner.client_id,
        "tenants": [tenant.tenant_id for tenant in world.tenants],
    }
    told = portal.manage("shell", "--no-imports", "-c", _PLANT.format(facts=json.dumps(facts), sam=SAM))
    planted = json.loads(next(line for line in told.splitlines() if line.startswith("="))[1:])
    address = f"127.0.0.1:{portal.env['PORT']}"
    portal.start(
        "web", "-m", "gunicorn", "csp_portal.wsgi", "--bind", address, "--threads", "4", "--access-logfile", "-"
    )
    portal.start("worker", "manage.py", "worker")
    owner, agent, api = Browser(portal), Browser(portal), Browser(portal)
    wait_until(lambda: _answers(f"http://{address}/healthz"))
    owner.session.cookies.set(planted["cookie"], planted["session"])

    # sign-in, wrong and right
    agent.post("/accounts/login/", login="agent@partner.example", password=CANARY["wrong password"])
    agent.post("/accounts/login/", login="agent@partner.example", password=CANARY["password"])
    done = agent.post("/accounts/login/second/", code=_totp(CANARY["totp seed"]))
    assert "Anna" in agent.get("/customers/").text, done.text
    agents_session = agent.session.cookies[planted["cookie"]]

    # polls by the worker, through all three kinds of connections
    portal.ask("sweep() or 1")
    wait_until(
        lambda: portal.sql("SELECT count(*) FROM customers_feed WHERE kind='HEALTH' AND tried_at IS NULL")[0][0] == 0
    )

    # pages, a connection test, a secret entered with a mistake, a consent gone wrong, exports
    first, second, third = (f"/settings/connections/{pk}/" for pk in planted["connections"])
    assert "Olga" in owner.get("/settings/").text
    for connection in (first, second, third):
        owner.get(connection)
        assert owner.post(f"{connection}test/", form=connection).status_code == 200
    mistake = owner.post(first, name="", client_secret=CANARY["entered secret"], private_key=key_pair[0])
    assert "Nothing was saved" in mistake.text
    owner.get(f"/settings/connections/consent/?code={CANARY['authorization code']}&state=x")
    for path in (
        "/",
        "/customers/export.csv",
        "/system/",
        "/audit/",
        "/audit/export.csv",
        "/accounts/security/",
        "/issues/",
    ):
        assert owner.get(path).status_code == 200, path
    api.session.headers["Authorization"] = f"Token {planted['token']}"
    assert api.get("/api/v1/customers/").status_code == 200
    api.get(f"/api/v1/customers/?token={planted['token']}&code={CANARY['authorization code']}")
    doctor = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        env=portal.env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    # real faults while secrets are under way
    failed = []
    with portal.broken("customers_connection"):
        failed.append(owner.post(first, form="/accounts/security/", name="x", client_secret=CANARY["entered secret"]))
        failed.append(owner.get("/customers/"))
    with portal.broken("customers_customer"):
        failed.append(api.get("/api/v1/customers/"))
    with portal.broken("accounts_user"):
        fresh = Browser(portal)
        failed.append(fresh.post("/accounts/login/", login="agent@partner.example", password=CANARY["password"]))
    assert [answer.status_code for answer in failed] == [500] * 4

    secrets = {
        **CANARY,
        "private key": key_pair[0].splitlines()[15],  # the lines before hold the modulus, which the certificate has too
        "api token": planted["token"],
        "owner's session": planted["session"],
        "agent's session": agents_session,
        **{f"access token {number}": token for number, token in enumerate(sorted(sandbox.tokens))},
    }
    assert len(sandbox.tokens) > 3
    sessions = {name for name in secrets if "session" in name}
    logs = {path.relative_to(tmp_path).as_posix(): path.read_text(errors="replace") for path in tmp_path.rglob("*.log")}
    assert {"portal/web.log", "portal/worker.log"} <= set(logs)
    assert "Traceback" in logs["portal/web.log"] and "[hidden]" in logs["portal/web.log"]
    pages = {f"page {n}": page for n, page in enumerate(owner.pages + agent.pages + api.pages + fresh.pages)}
    for name in list(pages):
        pages[name] = _without_own_cookie(pages[name])
    assert not [name for name, page in pages.items() if "Traceback (most recent" in page]
    places = {
        **logs,
        **pages,
        "doctor": doctor.stdout + doctor.stderr,
        "redis": _in_redis(portal.env["REDIS_URL"]),
        "audit": "\n".join(row[0] for row in portal.sql("SELECT audit_entry::text FROM audit_entry")),
    }
    assert "token|custom|" in places["redis"] and "person.signed_in" in places["audit"]
    found = [(name, place) for name, secret in secrets.items() for place, text in places.items() if secret in text]
    tables = portal.sql(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    for (table,) in tables:
        text = "\n".join(row[0] for row in portal.sql(f'SELECT t::text FROM "{table}" t'))
        found += [(name, table) for name, secret in secrets.items() if secret in text and name not in sessions]
    print(f"{len(secrets)} secrets sought in {len(places)} places and {len(tables)} tables")

    assert found == [], found


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def _without_own_cookie(page: str) -> str:
    """A session's cookie is set by its own answer, which is where it belongs."""
    return re.sub(r"'Set-Cookie': '[^']*'", "", page)
