"""RSS, Atom and iCal of a signed link: readable by programs, stable, and of its own customers only."""

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from django.utils import timezone
from icalendar import Calendar

from health.models import Issue, MessageSighting, Post, Share
from tests.gdap.making import READER, make_relationship
from tests.rights.conftest import make_message

ATOM = "{http://www.w3.org/2005/Atom}"
FILES = {"rss.xml": Share.Kind.FEED, "atom.xml": Share.Kind.FEED, "calendar.ics": Share.Kind.CALENDAR}


def _uids(text, tail):
    if tail == "calendar.ics":
        return [str(event["uid"]) for event in Calendar.from_ical(text).walk("VEVENT")]
    name = f".//{ATOM}entry/{ATOM}id" if tail == "atom.xml" else ".//item/guid"
    return [found.text for found in ET.fromstring(text).findall(name)]


@pytest.mark.parametrize("tail", FILES)
def test_it_tells_of_its_own_customers_issues_only(link, owner, anybody, trade, tail):
    text = anybody.get(link(owner, FILES[tail], tail=tail, group=trade.north)).content.decode()

    uids = " ".join(_uids(text, tail))
    assert "EX1" in uids
    assert "EX2" in uids
    assert "EX3" not in text
    assert not any(name in text for name in ("Northwind", "Fabrikam"))


@pytest.mark.parametrize("tail", FILES)
def test_who_has_it_already_gets_nothing_again_until_it_changes(link, owner, anybody, trade, tail):
    address = link(owner, FILES[tail], tail=tail)
    first = anybody.get(address)

    again = anybody.get(address, headers={"If-None-Match": first["ETag"]})
    since = anybody.get(address, headers={"If-Modified-Since": first["Last-Modified"]})
    assert (again.status_code, again.content, since.status_code) == (304, b"", 304)
    Issue.objects.filter(microsoft_id="EX2").update(changed_at=timezone.now(), is_resolved=True)
    later = anybody.get(address, headers={"If-None-Match": first["ETag"]})

    assert later.status_code == 200
    assert _uids(first.content, tail) == _uids(later.content, tail)


@pytest.mark.parametrize("tail", FILES)
def test_what_microsoft_writes_breaks_no_file_and_runs_nowhere(link, owner, anybody, trade, tail):
    bad = 'A<script>alert(1)</script>\x0b & "B"\r\nEND:VCALENDAR]]>'
    Issue.objects.update(title=bad[:90], impact=bad)
    Post.objects.update(html="<img src=x onerror=alert(1)><p>Fine</p>\x08")

    text = anybody.get(link(owner, FILES[tail], tail=tail)).content.decode()

    assert len(set(_uids(text, tail))) == len(_uids(text, tail)) >= 3
    if tail == "calendar.ics":  # in which titles are plain text
        assert text.count("\r\nEND:VCALENDAR") == 1
    else:
        assert "<script" not in text
    assert "onerror" not in text


def test_each_post_is_an_entry_of_its_own(link, owner, anybody, trade):
    address = link(owner, Share.Kind.FEED, tail="atom.xml")
    before = set(_uids(anybody.get(address).content, "atom.xml"))
    now = timezone.now()
    Post.objects.create(issue=trade.own_issue, posted_at=now, html="<p>New.</p>", digest=b"2" * 16, first_seen_at=now)

    assert len(set(_uids(anybody.get(address).content, "atom.xml")) - before) == 1


def test_a_calendar_holds_start_and_end_of_an_issue(link, owner, anybody, trade):
    start = trade.own_issue.started_at
    Issue.objects.filter(microsoft_id="EX2").update(is_resolved=True, ended_at=start + timedelta(hours=2))
    text = anybody.get(link(owner, Share.Kind.CALENDAR, tail="calendar.ics")).content

    events = {str(event["uid"]).split("@")[0]: event for event in Calendar.from_ical(text).walk("VEVENT")}
    ended, ongoing = events["urn:csp-portal:global:EX2"], events["urn:csp-portal:global:EX1"]
    began, over = ended.decoded("dtstart"), ended.decoded("dtend")
    assert (over - began).total_seconds() == 7200
    assert "dtend" not in ongoing


def test_a_link_of_one_kind_opens_nothing_else(link, owner, anybody, trade):
    for kind, tail in ((Share.Kind.WALLBOARD, "rss.xml"), (Share.Kind.FEED, ""), (Share.Kind.FEED, "calendar.ics")):
        assert anybody.get(link(owner, kind, tail=tail)).status_code == 410


@pytest.mark.parametrize("tail", FILES)
def test_it_tells_of_the_messages_that_its_own_customers_see_now(link, owner, anybody, trade, tail):
    make_message("MC1", seen_by=[trade.own, trade.foreign])
    make_message("MC2", seen_by=[trade.foreign])
    address = link(owner, FILES[tail], tail=tail, group=trade.north)
    first = anybody.get(address)

    assert "urn:csp-portal:global:MC1" in " ".join(_uids(first.content.decode(), tail))
    assert "MC2" not in first.content.decode()
    MessageSighting.objects.update(dropped_at=timezone.now())
    later = anybody.get(address, headers={"If-None-Match": first["ETag"]})
    assert (later.status_code, b"MC1" in later.content) == (200, False)


def test_a_calendar_holds_the_day_to_act_by(link, owner, anybody, trade):
    message = make_message("MC1", seen_by=[trade.own])
    text = anybody.get(link(owner, Share.Kind.CALENDAR, tail="calendar.ics")).content

    [event] = [event for event in Calendar.from_ical(text).walk("VEVENT") if "MC1" in str(event["uid"])]
    assert event["dtstart"].dt == timezone.localtime(message.act_by).date()
    assert "Act by today" in str(event["summary"])


def test_the_calendar_of_access_names_the_days_on_which_it_ends(link, owner, anybody, trade):
    ends_at = timezone.now().replace(hour=12) + timedelta(days=100)
    for customer in (trade.own, trade.foreign):
        make_relationship(customer, ends_at=ends_at, role_ids=[READER])
    make_relationship(trade.own, ends_at=ends_at + timedelta(days=9))
    make_relationship(trade.foreign, ends_at=ends_at + timedelta(days=9), auto_extend_duration="P180D")
    address = link(owner, Share.Kind.ACCESS_CALENDAR, tail="access.ics")
    answer = anybody.get(address)
    events = Calendar.from_ical(answer.content).walk("VEVENT")

    days = [event.decoded("dtstart") - timezone.localdate(ends_at) for event in events]
    assert days == [timedelta(0), timedelta(days=9)]
    assert [str(event["summary"]) for event in events] == [
        "Delegated access to 2 customers ends",
        "Delegated access ends: Northwind",
    ]
    assert str(events[0]["description"]).splitlines() == ["Northwind", "Fabrikam"]
    assert anybody.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_the_calendar_of_access_holds_no_customer_whom_its_maker_does_not_see(
    link, support_agent, anybody, trade, only_north
):
    for customer in (trade.own, trade.foreign):
        make_relationship(customer, ends_at=timezone.now() + timedelta(days=100))
    text = anybody.get(link(only_north(support_agent), Share.Kind.ACCESS_CALENDAR, tail="access.ics")).content.decode()

    assert "Northwind" in text
    assert "Fabrikam" not in text
