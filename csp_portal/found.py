"""What the palette and the search page find: each app says what of its own, csp_portal.system.palette joins them."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise

from csp_portal.accounts.models import User

LONGEST_SEARCH = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """Who looks for which words, and where from: `view` and `tenant_id` are those of the page behind the palette."""

    user: User
    words: str
    view: str = ""
    tenant_id: UUID | None = None

    @property
    def parts(self) -> list[str]:
        return self.words.replace("\x00", "")[:LONGEST_SEARCH].split()


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Something to open, or with `sends` something to do: then `address` is posted to, with these fields."""

    title: str | Promise
    detail: str | Promise = ""
    symbol: str
    address: str
    sends: dict[str, str] | None = None
