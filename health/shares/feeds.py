"""RSS, Atom and iCal of a signed link, which a reader asks for again and again and mostly has already."""

from datetime import datetime
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.utils.html import strip_tags
from django.utils.http import http_date
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from health.models import Issue, Share
from health.shares.entries import address_of, entries_of, issues_of, mark_of, plain, title_of, uid_of
from health.shares.opening import Opened, shows

_FEEDS = (Share.Kind.FEED, Share.Kind.STATUS_PAGE)
_CALENDARS = (Share.Kind.CALENDAR, Share.Kind.STATUS_PAGE)


@shows(*_FEEDS)
def rss(request: HttpRequest, opened: Opened, token: str) -> HttpResponseBase:
    return _feed(request, opened, make=Rss201rev2Feed)


@shows(*_FEEDS)
def atom(request: HttpRequest, opened: Opened, token: str) -> HttpResponseBase:
    return _feed(request, opened, make=Atom1Feed)


@shows(*_CALENDARS)
def calendar(request: HttpRequest, opened: Opened, token: str) -> HttpResponseBase:
    """Issues from their start to their end; one that goes on has no end yet."""
    issues = issues_of(opened)
    found = Calendar()
    names = {"prodid": "-//CSP Portal//EN", "version": "2.0", "method": "PUBLISH", "x-wr-calname": opened.share.name}
    for name, value in names.items():
        found.add(name, value)
    for issue in issues:
        found.add_component(_event(issue))
    answer = HttpResponse(found.to_ical(), content_type="text/calendar; charset=utf-8")
    mark = mark_of(opened.share.name, [(issue.pk, issue.changed_at, issue.is_resolved) for issue in issues])
    newest = max((issue.changed_at for issue in issues), default=opened.share.made_at)
    return _conditional(request, answer, mark=mark, newest=newest)


def _event(issue: Issue) -> Event:
    event = Event()
    event.add("uid", f"{uid_of(issue)}@{urlsplit(settings.PORTAL_URL).hostname}")
    event.add("summary", title_of(issue) if issue.is_resolved else _("Goes on: %(title)s") % {"title": title_of(issue)})
    event.add("dtstamp", issue.changed_at)
    event.add("last-modified", issue.changed_at)
    start = issue.started_at or issue.first_seen_at
    event.add("dtstart", start)
    if issue.is_resolved and issue.ended_at and issue.ended_at > start:
        event.add("dtend", issue.ended_at)
    event.add("description", plain(strip_tags(issue.impact)))
    event.add("categories", [plain(issue.service_name)])
    event.add("url", address_of(issue))
    event.add("transp", "TRANSPARENT")
    return event


def _feed(request: HttpRequest, opened: Opened, *, make: type[Atom1Feed] | type[Rss201rev2Feed]) -> HttpResponseBase:
    entries, share = entries_of(opened), opened.share
    feed = make(
        title=plain(share.name),
        link=settings.PORTAL_URL,
        description=_("Microsoft's incidents and advisories, and their updates"),
        language=share.language,
        feed_url=urljoin(settings.PORTAL_URL, request.path),
        feed_guid=f"urn:csp-portal:share:{share.pk}",
    )
    for entry in entries:
        feed.add_item(
            title=entry.title,
            link=entry.address,
            description=entry.html,
            unique_id=entry.uid,
            unique_id_is_permalink=False,
            pubdate=entry.at,
            updateddate=entry.updated_at,
            categories=[entry.service],
        )
    answer = HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)
    newest = max((entry.updated_at for entry in entries), default=share.made_at)
    return _conditional(request, answer, mark=mark_of(share.name, entries), newest=newest)


def _conditional(request: HttpRequest, answer: HttpResponse, *, mark: str, newest: datetime) -> HttpResponseBase:
    """304 for who has just this already."""
    seconds = int(newest.timestamp())
    found = get_conditional_response(request, etag=mark, last_modified=seconds, response=answer) or answer
    found["ETag"], found["Last-Modified"] = mark, http_date(seconds)
    found["Cache-Control"] = "private, no-cache"
    return found
