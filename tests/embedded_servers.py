"""A pytest plugin, loaded before the settings: the suite's own servers, unless the environment names others."""

import os

from csp_portal import embedded

os.environ.setdefault("PORTAL_STATE_DIR", str(embedded.BASE_DIR / ".portal" / "tests"))
embedded.provide()
# Whoever makes and removes the test database has to own it; tests about the portal's own role take that role.
os.environ["DATABASE_URL"] = os.environ.get("DATABASE_OWNER_URL", os.environ["DATABASE_URL"])
