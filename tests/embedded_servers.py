"""A pytest plugin, loaded before the settings: the suite's own servers, unless the environment names others."""

import os
from pathlib import Path

from csp_portal import embedded

os.environ.setdefault("PORTAL_STATE_DIR", str(embedded.BASE_DIR / ".portal" / "tests"))
worker = os.environ.get("PYTEST_XDIST_WORKER")
if worker and os.environ.get("PORTAL_EMBEDDED"):  # side by side: servers of its own for each
    os.environ["PORTAL_STATE_DIR"] = str(Path(os.environ["PORTAL_STATE_DIR"]) / worker)
    for name in (
        "DATABASE_URL",
        "DATABASE_OWNER_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "PORTAL_KEYS_FILE",
        "PORTAL_EMBEDDED",
    ):
        os.environ.pop(name, None)
embedded.provide()
# Whoever makes and removes the test database has to own it; tests about the portal's own role take that role.
os.environ["DATABASE_URL"] = os.environ.get("DATABASE_OWNER_URL", os.environ["DATABASE_URL"])
