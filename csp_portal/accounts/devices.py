"""Names for browsers: enough of a user agent that a person knows their own devices again."""

# The first that is found counts, for every browser also names those it descends from.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def name_of_device(user_agent: str) -> str:
    """Such as "Edge, Windows"; the text itself where it names nothing known, and empty where there is none."""
    named = [next((name for word, name in known if word in user_agent), "") for known in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in named if name) or user_agent[:60]
