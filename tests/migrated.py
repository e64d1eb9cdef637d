"""A PostgreSQL in which every migration has run: made once, and copied wherever a test needs a server of its own.

The copy holds the database `portal` for the portal's processes, and beside it one that nobody works in, from which
the suite's own test database is made. Keys are no part of it: each state folder makes its own.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import closing
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

ROOT = Path(__file__).resolve().parent.parent
APPS = ("csp_portal", "customers", "health", "support")
OURS = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "PORTAL_KEYS_FILE",
    "PORTAL_EMBEDDED",
    "PORTAL_STATE_DIR",
)
_MIGRATE = [sys.executable, "manage.py", "migrate", "--no-input", "--skip-checks", "--verbosity", "0"]
# No test cuts the power: what a killed process has written, the kernel still has.
_CAREFREE = "fsync = off\nfull_page_writes = off\n"
_MAKE = """
import os, sys
from tests import migrated
from csp_portal import embedded
embedded.provide()
migrated.make_pattern(os.environ["DATABASE_OWNER_URL"])
"""


@cache
def pattern() -> str:
    """The name of the database that nobody works in: another one whenever a migration is another."""
    digest = hashlib.sha256()
    found = [path for app in APPS for path in sorted((ROOT / app).rglob("migrations/*.py"))]
    for path in (*found, ROOT / "requirements" / "run.txt", ROOT / "deploy" / "postgres.sql"):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return f"migrated_{digest.hexdigest()[:16]}"


def give_migrated(state: Path) -> None:
    """Lay a migrated PostgreSQL, not running, into this state folder, unless it has one."""
    if (state / "postgres").exists():
        return
    original = _original(Path(os.environ["MIGRATED_FOLDER"]))
    state.mkdir(parents=True, exist_ok=True)
    half = state / "postgres.half"
    shutil.rmtree(half, ignore_errors=True)  # of a run that was cut off
    subprocess.run(["cp", "-pR", original, half], check=True)  # whose files they are stays as it was
    half.rename(state / "postgres")


def _original(folder: Path) -> Path:
    """The PostgreSQL that the copies are of; who comes first makes it, and the others wait."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = folder / pattern()
        if not made.exists():
            _make(made)
    return made


def _make(made: Path) -> None:
    for old in made.parent.glob("migrated_*"):
        shutil.rmtree(old)
    state = made.with_name("migrated_now")
    env = {name: value for name, value in os.environ.items() if name not in OURS} | {"PORTAL_STATE_DIR": str(state)}
    subprocess.run([sys.executable, "-c", _MAKE], env=env, cwd=ROOT, check=True)
    postgres = state / "postgres"
    (postgres / ".handle_pids.json").unlink(missing_ok=True)
    with (postgres / "postgresql.conf").open("a") as settings:
        settings.write(_CAREFREE)
    postgres.rename(made)
    shutil.rmtree(state)


def make_pattern(owner_url: str) -> None:
    """Migrate the database of this address, and keep a copy of it, as the pattern of the test databases, beside it."""
    subprocess.run(_MIGRATE, cwd=ROOT, check=True)
    _execute(owner_url, f'CREATE DATABASE {pattern()} TEMPLATE "{urlsplit(owner_url).path[1:]}"')


def ensure_pattern(owner_url: str) -> None:
    """In a server that is older than some migration: make the pattern anew, and drop those of before."""
    names = _execute(owner_url, r"SELECT datname FROM pg_database WHERE datname LIKE '%migrated\_%'")
    if pattern() in names:
        return
    for name in names:
        _execute(owner_url, f"DROP DATABASE {name}")
    half = f"half_{pattern()}"
    url = _to(half, owner_url)
    _execute(owner_url, f"CREATE DATABASE {half}")
    _execute(owner_url, (ROOT / "deploy" / "postgres.sql").read_text(), inside=half)
    subprocess.run(_MIGRATE, cwd=ROOT, check=True, env={**os.environ, "DATABASE_URL": url, "DATABASE_OWNER_URL": url})
    _execute(owner_url, f"ALTER DATABASE {half} RENAME TO {pattern()}")


def _to(database: str, owner_url: str) -> str:
    return urlunsplit(urlsplit(owner_url)._replace(path=f"/{database}"))


def _execute(owner_url: str, statement: str, *, inside: str = "postgres") -> list[str]:
    with closing(psycopg2.connect(_to(inside, owner_url))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return [row[0] for row in cursor.fetchall()] if cursor.description else []
