"""Every icon that a page names is in the sprite, and the sprite carries no other."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LISTED = set(json.loads((ROOT / "frontend" / "icons.json").read_text()))


def _sources() -> str:
    files = [*(ROOT / "templates").rglob("*.html")]
    for app in ("csp_portal", "customers", "health", "support"):
        files += (ROOT / app).rglob("*.py")
    return "\n".join(path.read_text() for path in files)


def test_a_page_never_shows_an_empty_place_where_an_icon_should_be():
    named = set(re.findall(r"""(?:{% icon |{% nav_item "[a-z:_]+" |symbol=|icon=)["']([a-z0-9-]+)["']""", _sources()))

    assert len(named) > 30
    assert named - LISTED == set()


def test_a_browser_loads_no_icon_that_no_page_shows():
    quoted = set(re.findall(r"""["']([a-z0-9-]+)["']""", _sources()))

    assert LISTED - quoted == set()
