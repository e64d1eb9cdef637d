"""Start the whole portal on this machine: sandbox, web, worker and beat on the state folder's private servers."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from csp_portal import embedded, env
from csp_portal.system import demo, processes
from csp_portal.system.seed_facts import furnish

READY_SECONDS = 60
BEAT = ("-S", "celery.beat.Scheduler")  # keeps no file: every task it wakes is idempotent


class Command(BaseCommand):
    help = "Start the portal with the Microsoft sandbox; prints address and accounts. Ctrl-C stops everything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenants", type=int, default=60, help="customer tenants of the sandbox (default 60)")
        parser.add_argument("--seed", type=int, default=1, help="another seed gives another world (default 1)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError(
                "`run` is for this machine's private servers; unset DATABASE_URL, or start the processes one by one."
            )
        state = settings.STATE_DIR
        lock = self._only_one(state)
        self._refuse_taken(env.integer("PORT", 8000, at_least=1))
        children: list[processes.Child] = []
        for ending in (signal.SIGTERM, signal.SIGHUP):  # the terminal's window was closed
            signal.signal(ending, lambda *_: sys.exit(0))
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins with it ignored
        try:
            self._start(state, children, tenants=options["tenants"], seed=options["seed"])
            self._watch(children)
        except KeyboardInterrupt:
            self.stdout.write("")
        finally:
            self._say("stopping")
            processes.stop(children)
            (state / "run.json").unlink(missing_ok=True)
            lock.close()

    def _start(self, state: Path, children: list[processes.Child], *, tenants: int, seed: int) -> None:
        left = processes.end_leftovers(state / "run.json")
        if left:
            self._say(f"ended {left} processes that an earlier run left behind")
        self._say("bringing the database up to date")
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"], check=True
        )  # as owner
        self._say(f"starting the Microsoft sandbox with {tenants} customer tenants")
        children.append(demo.start_sandbox(state, tenants=tenants, seed=seed))
        child_env = {**embedded.SANDBOX_PACE, **os.environ, **embedded.sandbox_settings(state), "PYTHONUNBUFFERED": "1"}
        accounts = demo.prepare(state, env=child_env, say=self._say)
        self._say("starting web, worker and beat")
        for name, command in self._commands().items():
            children.append(processes.start(name, command, env=child_env, logs=state / "logs"))
        processes.remember(children, file=state / "run.json")
        demo.wait_until_ready(children, seconds=READY_SECONDS)
        self._greet(accounts, state)

    def _commands(self) -> dict[str, list[str]]:
        port = os.environ.get("PORT", "8000")
        celery = [sys.executable, "-m", "celery", "-A", "csp_portal.celery:app"]
        web = [sys.executable, "-m", "gunicorn", "csp_portal.wsgi", "--bind", f"127.0.0.1:{port}"]
        return {
            "web": [*web, "--workers", "2", "--threads", "4", "--access-logfile", "-"],
            "worker": [sys.executable, "manage.py", "worker"],
            "beat": [*celery, "beat", *BEAT, "--loglevel", "WARNING", "--pidfile="],
        }

    def _only_one(self, state: Path) -> IO[str]:
        lock = (state / "run.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(
                f"The portal already runs from {state}. Open {settings.PORTAL_URL}, "
                "or set PORTAL_STATE_DIR and PORT for a second copy."
            ) from error
        return lock

    def _refuse_taken(self, port: int) -> None:
        if not processes.is_free(port):
            raise CommandError(f"Port {port} is taken by another program. Choose one with: PORT=8010 make run")

    def _greet(self, accounts: list[dict[str, str]], state: Path) -> None:
        self.stdout.write(self.style.SUCCESS(f"\nThe CSP portal runs at {settings.PORTAL_URL}\n"))
        for account in accounts:
            self.stdout.write(
                f"  {account['role']:<14} {account['email']:<30} {account['password']}  {account['enters']}"
            )
        self.stdout.write("\nOr choose “Sign in with Microsoft” and pick a person of the sandbox.")
        self.stdout.write(f"Accounts: {state / 'accounts.json'} · logs: {state / 'logs'} · Ctrl-C stops everything.")

    def _watch(self, children: list[processes.Child]) -> None:
        ended: set[str] = set()
        is_furnished = False
        while True:
            time.sleep(1)
            if not is_furnished:  # customers are there some seconds after the start
                is_furnished = furnish(demo.NAME, now=timezone.now())
                connection.close()  # this process only watches from then on
            for child in children:
                if child.has_ended and child.name not in ended:
                    ended.add(child.name)
                    hint = " Start one with `make worker`." if child.name == "worker" else f" Its log: {child.log}"
                    self.stderr.write(f"The process {child.name} has ended ({child.process.returncode}).{hint}")

    def _say(self, what: str) -> None:
        self.stdout.write(f"· {what}")
        self.stdout.flush()
