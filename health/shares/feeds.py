"""RSS, Atom and iCal of a signed link, which a reader asks for again and again and mostly has already."""

from datetime import datetime
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.utils.html import strip_tags
from django.utils.http import http_date
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from health.models import Issue, Message, Share
from health.shares.announced import address_of_message, messages_of, title_of_message, uid_of_message
from health.shares.entries import address_of, entries_of, issues_of, mark_of, title_of, uid_of
from health.shares.opening import Opened, shows
from health.shares.plain import plain

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
    """Issues from their start to their end, of which one that goes on has none yet, and the days to act by."""
    issues, messages = issues_of(opened), [one for one in messages_of(opened) if one.act_by is not None]
    found = new_calendar(opened.share)
    for issue in issues:
        found.add_component(_event(issue))
    for message in messages:
        found.add_component(_day_to_act(message))
    answer = HttpResponse(found.to_ical(), content_type="text/calendar; charset=utf-8")
    marks = [(issue.pk, issue.changed_at, issue.is_resolved) for issue in issues]
    mark = mark_of(opened.share.name, marks, [(one.pk, one.modified_at, one.act_by) for one in messages])
    moments = [*(issue.changed_at for issue in issues), *(one.modified_at for one in messages)]
    newest = max(moments, default=opened.share.made_at)
    return conditional(request, answer, mark=mark, newest=newest)


def new_calendar(share: Share) -> Calendar:
    found = Calendar()
    names = {"prodid": "-//CSP Portal//EN", "version": "2.0", "method": "PUBLISH", "x-wr-calname": share.name}
    for name, value in names.items():
        found.add(name, value)
    return found


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


def _day_to_act(message: Message) -> Event:
    assert message.act_by is not None, "asked for by `calendar`"  # noqa: S101
    event = Event()
    event.add("uid", f"{uid_of_message(message)}@{urlsplit(settings.PORTAL_URL).hostname}")
    event.add("summary", _("Act by today: %(title)s") % {"title": title_of_message(message)})
    event.add("dtstamp", message.modified_at)
    event.add("last-modified", message.modified_at)
    event.add("dtstart", timezone.localtime(message.act_by).date())
    event.add("categories", [plain(name) for name in message.services])
    event.add("url", address_of_message(message))
    event.add("transp", "TRANSPARENT")
    return event


def _feed(request: HttpRequest, opened: Opened, *, make: type[Atom1Feed] | type[Rss201rev2Feed]) -> HttpResponseBase:
    entries, share = entries_of(opened), opened.share
    feed = make(
        title=plain(share.name),
        link=settings.PORTAL_URL,
        description=_("Microsoft's incidents and advisories, their updates, and what it announces"),
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
    return conditional(request, answer, mark=mark_of(share.name, entries), newest=newest)


def conditional(request: HttpRequest, answer: HttpResponse, *, mark: str, newest: datetime) -> HttpResponseBase:
    """304 for who has just this already."""
    seconds = int(newest.timestamp())
    found = get_conditional_response(request, etag=mark, last_modified=seconds, response=answer) or answer
    found["ETag"], found["Last-Modified"] = mark, http_date(seconds)
    found["Cache-Control"] = "private, no-cache"
    return found
