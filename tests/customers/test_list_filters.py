"""Filters of the list of customers that lead on from a number on another page."""

from datetime import timedelta

from django.utils import timezone

from customers.models import Feed, State
from tests.customers.test_pages import LIST, global_connection, make, names_on

__all__ = ["global_connection"]


def test_a_cause_shows_those_who_are_unknown_for_it_and_only_those(as_agent, global_connection):
    denied = make(2, health=State.UNKNOWN, unknown_because="FORBIDDEN", connection=global_connection)
    stale = make(1, start=2, connection=global_connection)
    riddle = make(1, start=3, health=State.UNKNOWN, connection=global_connection)
    Feed.objects.filter(customer=stale[0]).update(read_at=timezone.now() - timedelta(days=1))
    for cause, rows in {"FORBIDDEN": denied, "stale": stale, "STATUS": riddle}.items():
        response = as_agent.get(LIST, {"state": "UNKNOWN", "cause": cause})
        assert names_on(response) == [row.name for row in rows]
        assert response.context["count"] == len(rows)
        state, chip = response.context["chips"]
        assert (state.address, chip.address) == (".", "?state=unknown")
    assert len(names_on(as_agent.get(LIST, {"state": "unknown", "cause": "nonsense"}))) == 4
    assert len(names_on(as_agent.get(LIST, {"cause": "STALE"}))) == 4
    exported = as_agent.get(LIST + "export.csv", {"state": "unknown", "cause": "STALE"})
    assert b"".join(exported).count(b"\n") == 2


def test_a_cloud_is_named_only_where_there_is_more_than_one(as_viewer):
    make(2)
    assert "US Government" not in as_viewer.get(LIST).content.decode()
    assert 'name="cloud"' not in as_viewer.get(LIST).content.decode()
    make(1, start=2, cloud="usgov")
    several = as_viewer.get(LIST).content.decode()
    assert 'name="cloud"' in several and "US Government (GCC High)" in several
    assert "China" not in several
