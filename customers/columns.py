"""Which columns a list of customers shows, and how close its lines stand: part of its address, so of saved views."""

from dataclasses import dataclass
from typing import ClassVar

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

COMPACT = "compact"


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """`shown` are the columns beside the name; an address that names none of them shows the usual ones."""

    COLUMNS: ClassVar[dict[str, str | Promise]] = {
        "domain": _("Domain"),
        "cloud": _("Cloud"),
        "health": _("Health"),
        "incidents": _("Incidents"),
        "advisories": _("Advisories"),
        "read": _("Read"),
        "tags": _("Tags"),
        "tier": _("Support tier"),
        "seats": _("Seats"),
        "owner": _("Owner"),
    }
    USUAL: ClassVar[tuple[str, ...]] = ("domain", "cloud", "health", "incidents", "advisories", "read", "tags")

    shown: tuple[str, ...] = USUAL
    is_compact: bool = False

    @classmethod
    def from_query(cls, query: QueryDict) -> "Layout":
        asked = set(query.getlist("col"))
        shown = tuple(name for name in cls.COLUMNS if name in asked)
        return cls(shown=shown or cls.USUAL, is_compact=query.get("density") == COMPACT)

    def to_query(self) -> dict[str, str | list[str]]:
        """What the address says of it: nothing where it is as usual."""
        return {
            "col": [] if self.shown == self.USUAL else list(self.shown),
            "density": COMPACT if self.is_compact else "",
        }

    @property
    def has(self) -> dict[str, bool]:
        """For templates, which ask for each cell: every column, and whether it is shown."""
        return {name: name in self.shown for name in self.COLUMNS}
