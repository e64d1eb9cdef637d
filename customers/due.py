"""When a feed is read next, and why then, in words."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from customers.models import Connection, Feed

_CIRCUIT = _("the circuit of its connection is open; this is when one customer is tried")
_CONNECTION_PAUSED = _("its connection is paused, so it is not read before that ends")


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    at: datetime
    words: str | Promise


def due_of(feed: Feed, *, connection: Connection | None) -> Due:
    """What stands on the feed, unless its connection is paused or its circuit is open: then it is not read then."""
    if connection is not None and connection.is_paused:
        return Due(at=feed.due_at, words=_CONNECTION_PAUSED)
    if connection is not None and connection.circuit_since is not None and connection.circuit_until is not None:
        return Due(at=max(feed.due_at, connection.circuit_until), words=_CIRCUIT)
    return Due(at=feed.due_at, words=_words(feed))


def _words(feed: Feed) -> str | Promise:
    because = Feed.Because(feed.due_because)
    if because == Feed.Because.BACK_OFF and feed.failures:
        text = ngettext("back-off after one failure", "back-off after %(count)d failures in a row", feed.failures)
        return text % {"count": feed.failures}
    if because == Feed.Because.OUTBREAK and feed.due_about:
        return gettext("sooner, for %(issues)s has just appeared at another customer") % {"issues": feed.due_about}
    return because.label
