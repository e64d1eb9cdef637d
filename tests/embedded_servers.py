"""A pytest plugin, loaded before the settings: the suite's own servers, unless the environment names others."""

import os
from pathlib import Path

from csp_portal import embedded
from tests import migrated

os.environ.setdefault("PORTAL_STATE_DIR", str(embedded.BASE_DIR / ".portal" / "tests"))
os.environ.setdefault("MIGRATED_FOLDER", os.environ["PORTAL_STATE_DIR"])  # one for all workers
worker = os.environ.get("PYTEST_XDIST_WORKER")
if worker and os.environ.get("PORTAL_EMBEDDED"):  # side by side: servers of its own for each
    os.environ["PORTAL_STATE_DIR"] = str(Path(os.environ["PORTAL_STATE_DIR"]) / worker)
    for name in set(migrated.OURS) - {"PORTAL_STATE_DIR"}:
        os.environ.pop(name, None)
if not os.environ.get("DATABASE_URL"):
    migrated.give_migrated(embedded.state_dir())
embedded.provide()
if os.environ.get("PORTAL_EMBEDDED"):
    migrated.ensure_pattern(os.environ["DATABASE_OWNER_URL"])
# Whoever makes and removes the test database has to own it; tests about the portal's own role take that role.
os.environ["DATABASE_URL"] = os.environ.get("DATABASE_OWNER_URL", os.environ["DATABASE_URL"])
