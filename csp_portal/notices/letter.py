"""One message to one target: a single alert, a digest of many, or a test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import ngettext

from csp_portal.notices.models import Delivery, Target
from csp_portal.notices.words import headline


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """What a thread needs to send, secrets in plain words included; no query may follow from it."""

    way: Target.Way
    language: str
    addresses: Sequence[str] = ()
    url: str = field(default="", repr=False)
    signing_key: str = field(default="", repr=False)
    deliveries: Sequence[UUID]
    contents: Sequence[Mapping[str, Any]]

    @property
    def id(self) -> str:
        """The same at each try, so that the other side can tell a repetition."""
        return str(self.deliveries[0])

    def subject(self) -> str:
        if len(self.contents) == 1:
            return headline(self.contents[0])
        count = len(self.contents)
        return ngettext("%(count)d alert of the portal", "%(count)d alerts of the portal", count) % {"count": count}

    def link(self, content: Mapping[str, Any]) -> str:
        return settings.PORTAL_URL + str(content["facts"].get("path") or "/alerts/")


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a letter; `status` is HTTP's, `answer` the beginning of what the other side said, or why not."""

    deliveries: Sequence[UUID]
    is_sent: bool
    status: int | None = None
    answer: str = ""
    retry_after: float = 0.0
    took: float = 0.0  # seconds
    after: float = 0.0  # seconds from the taking of the target to the answer


def letters_of(target: Target, deliveries: Sequence[Delivery]) -> list[Letter]:
    """Digests that are due together are one letter; everything else is one each, in the order they came due."""
    digests = [delivery for delivery in deliveries if delivery.is_digest]
    groups = [[delivery] for delivery in deliveries if not delivery.is_digest] + ([digests] if digests else [])
    return [
        Letter(
            way=Target.Way(target.way),
            language=target.language,
            addresses=tuple(target.addresses),
            url=target.open_secret("url"),
            signing_key=target.open_secret("signing_key"),
            deliveries=tuple(delivery.pk for delivery in group),
            contents=tuple(delivery.content for delivery in group),
        )
        for group in groups
    ]
