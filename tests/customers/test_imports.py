"""The import of customers: whichever way the connection allows, and nothing is lost by a bad answer."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from csp_portal.microsoft.errors import AccessDenied, Cause, Unavailable
from customers.imports import import_customers, store_list
from customers.models import Connection, Customer, Feed, Relationship
from customers.rounds import claim_imports, run_import
from customers.sources import CustomerList, Listed

NOW = timezone.now()
PARTNER_CENTER = Customer.Source.PARTNER_CENTER


def listed(count, *, start=0):
    return tuple(Listed(tenant_id=uuid4(), name=f"Customer {n}", domain=f"c{n}.example") for n in range(start, count))


def store(connection, customers, *, source=PARTNER_CENTER, now=NOW):
    return store_list(CustomerList(source=source, customers=tuple(customers)), connection=connection, now=now)


def test_every_customer_of_partner_center_comes_with_a_feed_of_every_kind(connection, sandbox_world):
    result = import_customers(connection, now=NOW)
    assert (result.source, result.listed, result.added) == (PARTNER_CENTER, 12, 12)
    assert set(Customer.objects.values_list("name", flat=True)) == {t.name for t in sandbox_world.tenants}
    for customer in Customer.objects.all():
        assert set(customer.feeds.values_list("kind", flat=True)) == set(Feed.Kind.values)
        assert (customer.connection, customer.cloud) == (connection, "custom")
        assert customer.initial_domain.endswith(".onmicrosoft.com")


def test_a_domain_that_can_be_none_spoils_no_import(connection):
    store(connection, [Listed(tenant_id=uuid4(), name="Odd", domain="x" * 300), *listed(2)])
    assert dict(Customer.objects.values_list("name", "domain"))["Odd"] == ""
    assert Customer.objects.count() == 3


def test_a_second_import_adds_nothing_and_touches_no_row(connection):
    import_customers(connection, now=NOW)
    result = import_customers(connection, now=NOW)
    assert (result.listed, result.added, result.changed, result.gone) == (12, 0, 0, 0)


def test_an_unreachable_microsoft_changes_nothing(connection, sandbox_world):
    import_customers(connection, now=NOW)
    sandbox_world.partner.tenant.truncate_json = True
    with pytest.raises(Unavailable):
        import_customers(connection, now=NOW)
    assert Customer.objects.current().count() == 12


def test_without_gdap_and_contracts_permission_the_refusal_names_every_way(connection, sandbox_world):
    sandbox_world.partner.tenant.fail(403)
    with pytest.raises(AccessDenied) as refused:
        import_customers(connection, now=NOW)
    assert refused.value.cause is Cause.FORBIDDEN
    for way in (PARTNER_CENTER, Customer.Source.CONTRACTS, Customer.Source.DELEGATED_ADMIN):
        assert str(way.label) in refused.value.detail


@pytest.mark.parametrize(("refusals", "source"), [(1, Customer.Source.CONTRACTS), (2, Customer.Source.DELEGATED_ADMIN)])
def test_the_next_way_is_tried_where_one_is_forbidden_and_the_chosen_one_recorded(
    connection, sandbox_world, refusals, source
):
    sandbox_world.partner.tenant.fail(403, times=refusals)
    result = import_customers(connection, now=NOW)
    assert (result.source, result.added, len(result.passed_over)) == (source, result.listed, refusals)
    assert result.listed >= 10  # not every customer has granted a delegated relationship
    assert set(Customer.objects.values_list("source", flat=True)) == {source.value}


def test_a_wrong_secret_is_not_tried_three_times(connection, sandbox):
    connection.seal_secret("client_secret", "wrong")
    with pytest.raises(AccessDenied) as refused:
        import_customers(connection, now=NOW)
    assert refused.value.cause is Cause.SECRET_WRONG
    assert len(sandbox.requests_to("/oauth2/v2.0/token")) == 1


def test_a_customer_no_longer_listed_is_marked_and_comes_back_when_listed_again(connection):
    both = listed(2)
    store(connection, both)
    assert store(connection, both[:1]).gone == 1
    gone = Customer.objects.get(tenant_id=both[1].tenant_id)
    assert gone.gone_at == NOW
    result = store(connection, both)
    assert (result.came_back, result.gone) == (1, 0)
    gone.refresh_from_db()
    assert gone.gone_at is None


def test_an_empty_list_marks_nobody_as_gone(connection):
    store(connection, listed(3))
    assert store(connection, ()).gone == 0
    assert Customer.objects.current().count() == 3


def test_another_way_that_knows_fewer_customers_marks_nobody_as_gone(connection):
    all_three = listed(3)
    store(connection, all_three)
    result = store(connection, all_three[:1], source=Customer.Source.DELEGATED_ADMIN)
    assert result.gone == 0
    assert Customer.objects.current().count() == 3


def test_customers_of_a_file_are_not_marked_as_gone_by_microsofts_list(connection):
    Customer.objects.create(tenant_id=uuid4(), connection=connection, cloud="custom", name="By hand", source="FILE")
    assert store(connection, listed(1)).gone == 0


def test_a_customer_that_another_connection_reads_stays_there(connection):
    other = Connection.objects.create(name="Other", cloud="global", partner_tenant_id=uuid4(), client_id=uuid4())
    one = listed(1)
    store(other, one)
    result = store(connection, one)
    assert (result.elsewhere, result.added, result.changed) == (1, 0, 0)
    assert Customer.objects.get().connection == other


def test_new_names_and_domains_are_taken_over_but_a_known_default_domain_stays(connection):
    one = Listed(tenant_id=uuid4(), name="Old name", domain="contoso.onmicrosoft.com")
    store(connection, [one])
    Customer.objects.update(domain="contoso.example")
    store(connection, [Listed(tenant_id=one.tenant_id, name="New name", domain="contoso.onmicrosoft.com")])
    customer = Customer.objects.get()
    assert (customer.name, customer.domain, customer.initial_domain) == (
        "New name",
        "contoso.example",
        "contoso.onmicrosoft.com",
    )


def test_first_readings_come_soon_and_spread_over_the_interval(connection, settings):
    settings.HEALTH_INTERVAL_SECONDS = 60
    store(connection, listed(2000))
    due = sorted(Feed.objects.filter(kind=Feed.Kind.HEALTH).values_list("due_at", flat=True))
    assert due[0] == NOW
    assert NOW + timedelta(seconds=55) < due[-1] < NOW + timedelta(seconds=60)
    few = listed(10)
    store(connection, few)
    last = Feed.objects.filter(kind=Feed.Kind.HEALTH, customer__tenant_id__in=[c.tenant_id for c in few])
    assert max(last.values_list("due_at", flat=True)) < NOW + timedelta(seconds=2)


def test_ten_thousand_customers_take_a_bounded_number_of_statements(connection, django_assert_max_num_queries):
    many = listed(10_000)
    with django_assert_max_num_queries(50):
        assert store(connection, many).added == 10_000
    with django_assert_max_num_queries(8):
        assert store(connection, many[:-5]).gone == 5


def test_a_due_import_is_claimed_once_and_noted_on_its_row(connection):
    Connection.objects.update(customers_due_at=NOW - timedelta(minutes=1))
    assert claim_imports() == [connection.pk]
    assert claim_imports() == []
    assert run_import(connection, now=NOW).added == 12
    connection.refresh_from_db()
    assert (connection.customers_problem, connection.customers_read_at) == ("", NOW)
    assert connection.customers_due_at > NOW + timedelta(hours=1)


def test_what_was_read_of_delegated_access_before_the_first_import_finds_its_customer(connection, sandbox_world):
    tenant = sandbox_world.tenants[0]
    early = Relationship.objects.create(
        connection=connection,
        microsoft_id="early",
        name="Early",
        status="active",
        customer_tenant_id=tenant.tenant_id,
        first_seen_at=NOW,
        last_seen_at=NOW,
    )
    run_import(connection, now=NOW)
    early.refresh_from_db()
    assert early.customer.tenant_id == UUID(str(tenant.tenant_id))


def test_a_paused_connection_is_not_imported(connection):
    Connection.objects.update(is_paused=True, customers_due_at=NOW - timedelta(minutes=1))
    assert claim_imports() == []


def test_a_throttled_import_waits_as_long_as_microsoft_said(connection, sandbox_world):
    sandbox_world.partner.tenant.throttled_for = 120
    assert run_import(connection, now=NOW) is None
    connection.refresh_from_db()
    assert connection.customers_problem == "THROTTLED"
    assert NOW + timedelta(seconds=115) <= connection.customers_due_at <= NOW + timedelta(seconds=120)
