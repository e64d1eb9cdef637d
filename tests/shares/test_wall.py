"""The wallboard: who is not well, worst first, in pages, without ever calling the unknown healthy."""

from datetime import timedelta

from django.utils import timezone

from customers.models import Customer, Feed, State
from tests.health.pages.conftest import statements
from tests.rights.conftest import make_connection

__all__ = ["statements"]


def _many(count, *, health):
    connection, now = make_connection(f"Connection {health.name}"), timezone.now()
    rows = Customer.objects.bulk_create(
        Customer(
            tenant_id=f"00000000-0000-4000-8000-{health.value:02}{number:010}",
            connection=connection,
            cloud="global",
            name=f"{health.label} {number:05}",
            source="FILE",
            health=health,
            health_since=now - timedelta(hours=1),
        )
        for number in range(count)
    )
    Feed.objects.bulk_create(Feed(customer=row, kind=Feed.Kind.HEALTH, read_at=now) for row in rows)
    return rows


def test_it_shows_the_worst_first_and_no_tile_of_who_is_well(link, owner, anybody):
    for state in State:
        _many(2, health=state)
    wall = anybody.get(link(owner)).context["wall"]

    assert [one.health_now for one in wall.tiles] == [0, 0, 1, 1, 2, 2]
    assert dict(wall.totals) == dict.fromkeys(State, 2)


def test_who_is_well_again_leaves_by_itself(link, owner, anybody):
    (row,) = _many(1, health=State.INCIDENT)
    address = link(owner)
    assert "Incident 00000" in anybody.get(address).content.decode()
    Customer.objects.filter(pk=row.pk).update(health=State.HEALTHY)

    assert "All customers are healthy" in anybody.get(address).content.decode()


def test_a_reading_that_is_too_old_is_unknown_never_healthy(link, owner, anybody):
    _many(1, health=State.HEALTHY)
    Feed.objects.update(read_at=timezone.now() - timedelta(days=1))
    answer = anybody.get(link(owner))

    assert dict(answer.context["wall"].totals)[State.UNKNOWN] == 1
    assert "All customers are healthy" not in answer.content.decode()


def test_more_than_fit_rotate_and_come_round_again(link, owner, anybody):
    _many(301, health=State.DEGRADED)
    address = link(owner)
    first, second = (anybody.get(f"{address}?page={number}").context["wall"] for number in (1, 2))

    assert (len(first.tiles), len(second.tiles)) == (300, 1)
    assert (first.next_page, second.next_page) == (2, 1)
    assert not {one.pk for one in first.tiles} & {one.pk for one in second.tiles}
    assert f"{address}?page=2" in anybody.get(address, headers={"HX-Request": "true"}).content.decode()


def test_nonsense_in_the_address_is_the_first_screen(link, owner, anybody):
    _many(1, health=State.DEGRADED)

    for page in ("-1", "99999999999", "²", "x"):
        assert anybody.get(f"{link(owner)}?page={page}").context["wall"].page == 1


def test_a_revoked_wallboard_reloads_itself(anybody, db):
    answer = anybody.get("/shared/csp_unknown/", headers={"HX-Request": "true"})

    assert (answer.status_code, answer["HX-Refresh"]) == (410, "true")


def test_it_costs_the_same_however_many_customers(link, owner, anybody, statements):
    _many(5, health=State.INCIDENT)
    address = link(owner)
    few = statements(anybody, address)
    _many(250, health=State.UNKNOWN)

    assert statements(anybody, address) == few
