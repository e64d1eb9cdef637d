"""Reading Microsoft's own list of a customer's portals."""

from datetime import timedelta

from django.utils import timezone

from csp_portal.microsoft.graph import ServiceManagementDetail
from customers.links import LinksAnswer, read_links_of, store_answers
from customers.models import Customer, Feed, ServiceLink

NOW = timezone.now()
LEASE = timedelta(minutes=5)


def claim():
    Feed.objects.filter(kind=Feed.Kind.LINKS).update(due_at=timezone.now() - timedelta(seconds=1))
    return Feed.objects.claim_due(Feed.Kind.LINKS, limit=100, lease=LEASE)


def feed_of(customer):
    return Feed.objects.get(customer=customer, kind=Feed.Kind.LINKS)


def test_every_customers_links_are_stored_and_the_feed_is_due_in_a_day(customers):
    assert read_links_of(claim(), now=NOW) == 12
    assert ServiceLink.objects.filter(customer=customers[1]).count() == 9
    feed = feed_of(customers[1])
    assert (feed.read_at, feed.due_at, feed.problem) == (NOW, NOW + timedelta(days=1), "")


def test_reading_twice_doubles_nothing(customers):
    read_links_of(claim(), now=NOW)
    count = ServiceLink.objects.count()
    read_links_of(claim(), now=NOW + timedelta(days=1))
    assert ServiceLink.objects.count() == count
    assert set(ServiceLink.objects.values_list("last_seen_at", flat=True)) == {NOW + timedelta(days=1)}


def test_an_empty_answer_deletes_nothing_and_says_so(customers, sandbox_world):
    read_links_of(claim(), now=NOW)
    sandbox_world.partner.tenant.empty_answer = True
    read_links_of(claim(), now=NOW + timedelta(days=1))
    assert ServiceLink.objects.filter(customer=customers[1]).count() == 9
    feed = feed_of(customers[1])
    assert (feed.problem, feed.read_at) == ("EMPTY", NOW)


def test_a_throttled_partner_is_left_alone_until_the_pause_is_over(customers, sandbox, sandbox_world):
    sandbox_world.partner.tenant.throttled_for = 120
    read_links_of(claim(), now=timezone.now())
    assert len(sandbox.requests_to("serviceManagementDetails")) <= 4
    problems = set(Feed.objects.filter(kind=Feed.Kind.LINKS).values_list("problem", flat=True))
    assert problems == {"THROTTLED"}
    earliest = min(Feed.objects.filter(kind=Feed.Kind.LINKS).values_list("due_at", flat=True))
    assert earliest > timezone.now() + timedelta(seconds=100)


def test_a_forbidden_list_pauses_the_feed_with_its_cause(customers, sandbox_world):
    sandbox_world.partner.permissions.discard("DelegatedAdminRelationship.Read.All")
    read_links_of(claim(), now=NOW)
    feed = feed_of(customers[0])
    assert (feed.problem, feed.paused_because, feed.problem_since) == ("FORBIDDEN", "FORBIDDEN", NOW)


def test_a_worker_that_slept_past_its_lease_writes_nothing(customers):
    stale = claim()
    claim()
    assert read_links_of(stale, now=NOW) == 0
    assert not ServiceLink.objects.exists()


def test_domains_that_only_the_tenant_knows_are_learned(customers, sandbox_world):
    Customer.objects.update(domain="", initial_domain="")
    Feed.objects.filter(kind=Feed.Kind.HEALTH).update(read_at=NOW)
    read_links_of(claim(), now=NOW)
    customer, tenant = Customer.objects.get(pk=customers[0].pk), sandbox_world.tenants[0]
    assert (customer.domain, customer.initial_domain) == (tenant.domain, tenant.initial_domain)


def test_a_tenant_whose_health_can_not_be_read_is_not_asked_for_its_domains(customers, sandbox):
    Customer.objects.update(domain="", initial_domain="")
    read_links_of(claim(), now=NOW)
    assert sandbox.requests_to("/organization") == []


def test_only_plain_https_addresses_are_stored_as_links(customers):
    [(feed_id, epoch), *_] = claim()
    feed = Feed.objects.select_related("customer").get(pk=feed_id)
    urls = ["javascript:alert(1)", "http://plain.example", "https://a:b@evil.example", "https://good.example/x"]
    urls += [
        "https://[broken",
        "https://good.example\\@evil.example",
        "https://good.example/\x00",
        " https://evil.example",
    ]
    details = tuple(ServiceManagementDetail(name=f"Link {n}", url=url) for n, url in enumerate(urls))
    store_answers([LinksAnswer(feed=feed, details=details)], epochs={feed_id: epoch}, now=NOW)
    assert list(ServiceLink.objects.values_list("url", flat=True)) == ["https://good.example/x"]


def test_a_name_with_nul_spoils_no_batch(customers):
    [(feed_id, epoch), *_] = claim()
    feed = Feed.objects.select_related("customer").get(pk=feed_id)
    details = (ServiceManagementDetail(name="Ex\x00change", url="https://good.example/x"),)
    store_answers([LinksAnswer(feed=feed, details=details)], epochs={feed_id: epoch}, now=NOW)
    assert ServiceLink.objects.get().name == "Exchange"
