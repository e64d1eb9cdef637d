"""The days on which delegated access of a link's customers ends, and those to begin with by, as a calendar."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from icalendar import Event

from customers.gdap.forecast import DAY, Forecast, Week, reckon_forecast, what_ends
from customers.gdap.queries import visible_relationships
from health.models import Share
from health.shares.entries import mark_of
from health.shares.feeds import conditional, new_calendar
from health.shares.opening import Opened, shows
from health.shares.plain import plain

NAMED = 20  # customers by name in one entry


@shows(Share.Kind.ACCESS_CALENDAR)
def access_calendar(request: HttpRequest, opened: Opened, token: str) -> HttpResponseBase:
    """One entry for each day on which something ends, and one for each week in which much does."""
    rows = visible_relationships(opened.maker).filter(customer__in=opened.customers.order_by().values("pk"))
    days = _days(what_ends(rows, now=opened.now).filter(extends=False))
    forecast = reckon_forecast(rows, now=opened.now)
    found = new_calendar(opened.share)
    for event in (*_endings(days, opened=opened), *_beginnings(forecast, opened=opened)):
        found.add_component(event)
    answer = HttpResponse(found.to_ical(), content_type="text/calendar; charset=utf-8")
    told = [(week.begins_on, week.lost, week.start_by) for week in forecast.clusters]
    mark = mark_of(opened.share.name, sorted(days.items()), told)
    return conditional(request, answer, mark=mark, newest=opened.now)


def _days(rows: Any) -> dict[date, list[str]]:
    """The names of the customers whose access ends, by day; each once a day."""
    days: defaultdict[date, dict[str, None]] = defaultdict(dict)
    for at, name in rows.values_list("ends_at", "customer__name").iterator(chunk_size=1000):
        days[timezone.localtime(at).date()][name] = None
    return {day: list(names) for day, names in days.items()}


def _endings(days: dict[date, list[str]], *, opened: Opened) -> Iterator[Event]:
    for day, names in sorted(days.items()):
        count = len(names)
        title = (
            _("Delegated access ends: %(customer)s") % {"customer": names[0]}
            if count == 1
            else ngettext(
                "Delegated access to %(count)d customer ends", "Delegated access to %(count)d customers ends", count
            )
            % {"count": count}
        )
        query = {"ends_after": day.isoformat(), "ends_before": (day + DAY).isoformat()}
        address = f"{reverse('gdap:relationship_list')}?{urlencode(query)}"
        yield _event(f"ends:{day}", title=title, day=day, names=names, address=address, opened=opened)


def _beginnings(forecast: Forecast, *, opened: Opened) -> Iterator[Event]:
    for week in forecast.clusters:
        if week.start_by is not None and week.start_by >= forecast.today:
            address = reverse("gdap:expiry")
            yield _event(
                f"start:{week.begins_on}",
                title=_words(week),
                day=week.start_by,
                names=(),
                address=address,
                opened=opened,
            )


def _words(week: Week) -> str:
    words = {"count": week.lost, "number": week.number}
    return (
        ngettext(
            "Begin today: access to %(count)d customer ends in week %(number)d",
            "Begin today: access to %(count)d customers ends in week %(number)d",
            week.lost,
        )
        % words
    )


def _event(uid: str, *, title: str, day: date, names: Sequence[str], address: str, opened: Opened) -> Event:
    event = Event()
    host = urlsplit(settings.PORTAL_URL).hostname
    event.add("uid", f"urn:csp-portal:access:{opened.share.pk}:{uid}@{host}")
    event.add("summary", plain(title))
    event.add("dtstamp", opened.now)
    event.add("dtstart", day)
    if names:
        more = _("and %(more)d more") % {"more": len(names) - NAMED} if len(names) > NAMED else ""
        event.add("description", plain("\n".join([*names[:NAMED], *([more] if more else [])])))
    event.add("url", urljoin(settings.PORTAL_URL, address))
    event.add("transp", "TRANSPARENT")
    return event
