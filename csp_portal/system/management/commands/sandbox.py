"""Run the Microsoft sandbox: a stand-in for sign-in, Graph and Partner Center on this machine, with a story to tell."""

import dataclasses
import signal
import threading
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand

from csp_portal.microsoft.sandbox.server import SandboxServer
from csp_portal.microsoft.sandbox.tokens import write_private
from csp_portal.microsoft.sandbox.world import World


class Command(BaseCommand):
    """Writes sandbox.json into its state folder when it is ready, and serves until it is stopped."""

    help = "Run the Microsoft sandbox on this machine until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenants", type=int, default=60, help="how many customer tenants (default 60)")
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=0, help="the port to listen on (default: a free one)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same world (default 1)")
        parser.add_argument("--state", type=Path, default=None, help="the folder of its CA and sandbox.json")
        parser.add_argument(
            "--weight", choices=("none", "light", "heavy"), default="light", help="how much health a tenant has"
        )
        parser.add_argument("--no-story", action="store_true", help="nothing happens by itself, and nobody has a fault")

    def handle(self, *args: Any, **options: Any) -> None:
        state: Path = options["state"] or settings.STATE_DIR / "sandbox"
        world = World(options["seed"], options["tenants"], lambda: datetime.now(UTC), weight=options["weight"])
        if not options["no_story"]:
            world.tell_story()
            world.add_standing_faults()
        stopped = threading.Event()

        def stop(number: int, frame: FrameType | None) -> None:
            stopped.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        with SandboxServer(world, options["host"], options["port"], state_dir=state) as server:
            _announce(server, world, state / "sandbox.json")
            self.stdout.write(
                f"The sandbox of {len(world.tenants)} customer tenants is at {server.url}; Ctrl-C stops it."
            )
            self.stdout.flush()
            stopped.wait()


def _announce(server: SandboxServer, world: World, file: Path) -> None:
    """Write what a client needs to know, whole or not at all."""
    partner = world.partner
    known = {
        "url": server.url,
        "ca_bundle": server.ca_bundle,
        "partner_tenant_id": partner.tenant_id,
        "client_id": partner.client_id,
        "client_secret": partner.client_secret,
        "groups": partner.groups,
        "people": [dataclasses.asdict(person) for person in partner.people],
    }
    draft = file.with_suffix(".new")
    write_private(draft, orjson.dumps(known, option=orjson.OPT_INDENT_2))
    draft.replace(file)
