"""What `make run` prepares so that a newcomer sees a living portal: the sandbox, a connection to it, and accounts."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.request import urlopen

from django.conf import settings

from csp_portal.accounts.models import NEEDS_STRONG_PROOF, Role, User
from csp_portal.system import processes
from customers.models import Connection

NAME = "Sandbox"  # of the connection
BY_MICROSOFT = "with Microsoft, or after adding a passkey"  # their roles ask for more than a password
LOCALLY = "with the password"
PEOPLE = {
    Role.OWNER: ("owner@partner.example", "Olivia Owner"),
    Role.ACCESS_ADMIN: ("admin@partner.example", "Adam Admin"),
    Role.SUPPORT_AGENT: ("agent@partner.example", "Agnes Agent"),
    Role.VIEWER: ("viewer@partner.example", "Victor Viewer"),
}


def start_sandbox(state: Path, *, tenants: int, seed: int) -> processes.Child:
    """Start the sandbox on the port it had before, and wait until it says where it is."""
    ready = state / "sandbox" / "sandbox.json"
    kept = int(json.loads(ready.read_text())["url"].rpartition(":")[2]) if ready.exists() else 0
    port = str(kept if processes.is_free(kept) else 0)
    ready.unlink(missing_ok=True)
    child = processes.start(
        "sandbox",
        [
            *(sys.executable, "manage.py", "sandbox", "--tenants", str(tenants), "--seed", str(seed)),
            *("--port", port, "--state", str(state / "sandbox")),
        ],
        env=os.environ,
        logs=state / "logs",
    )
    _wait(ready.exists, child, seconds=30)
    return child


def prepare(state: Path, *, env: Mapping[str, str], say: Callable[[str], None]) -> list[dict[str, str]]:
    """Make the connection and the accounts where they are missing; returns the accounts with their passwords."""
    sandbox = json.loads((state / "sandbox" / "sandbox.json").read_text())
    if not Connection.objects.filter(client_id=sandbox["client_id"]).exists():
        say("connecting the sandbox's partner tenant")
        secret = state / "sandbox" / "client_secret"
        secret.write_text(sandbox["client_secret"])
        secret.chmod(0o600)
        command = [sys.executable, "manage.py", "add_connection", "--name", NAME, "--cloud", "custom"]
        command += ["--tenant", sandbox["partner_tenant_id"], "--client-id", sandbox["client_id"]]
        command += ["--secret-file", str(secret), "--signs-in-staff"]
        subprocess.run(command, env=dict(env), check=True, stdout=subprocess.DEVNULL)
    return _accounts(state / "accounts.json")


def _accounts(file: Path) -> list[dict[str, str]]:
    kept = {row["email"]: row["password"] for row in json.loads(file.read_text())["accounts"]} if file.exists() else {}
    rows = []
    for role, (email, name) in PEOPLE.items():
        password = kept.get(email) or secrets.token_urlsafe(15)
        user = User.objects.filter(email=email).first()
        if user is None:
            User.objects.create_local(email, name=name, role=role, password=password)
        elif email not in kept:  # the file was lost: the account is ours, so it gets a new password
            user.set_password(password)
            user.save(update_fields=["password"])
        enters = BY_MICROSOFT if role in NEEDS_STRONG_PROOF else LOCALLY
        rows.append({"role": str(role.label), "email": email, "password": password, "enters": enters})
    with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as output:
        json.dump({"url": settings.PORTAL_URL, "accounts": rows}, output, indent=1)
    return rows


def wait_until_ready(children: Sequence[processes.Child], *, seconds: float) -> None:
    web = next(child for child in children if child.name == "web")
    _wait(lambda: _answers(f"{settings.PORTAL_URL}/readyz"), web, seconds=seconds)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:  # noqa: S310  # the portal's own address on this machine
            return bool(answer.status == 200)
    except OSError:
        return False


def _wait(is_ready: Callable[[], bool], child: processes.Child, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_ready():
        if child.has_ended or time.monotonic() > deadline:
            tail = child.log.read_text(errors="replace")[-2000:]
            sys.exit(f"The process {child.name} did not start. The end of its log ({child.log}):\n{tail}")
        time.sleep(0.1)
