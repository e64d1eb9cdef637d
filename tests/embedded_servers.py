"""A pytest plugin, loaded before the settings: the suite's own servers, unless the environment names others."""

import os

from csp_portal import embedded

os.environ.setdefault("PORTAL_STATE_DIR", str(embedded.BASE_DIR / ".portal" / "tests"))
embedded.provide()
