"""Reading customers' health from the sandbox over HTTPS, into PostgreSQL."""

from django.utils import timezone

from customers.models import Customer, Feed, State
from health.models import Exposure, Issue, ServiceState
from health.poll import Round, poll_feeds
from health.sweep import claim_now


def read_everyone() -> Round:
    return poll_feeds(claim_now(Feed.objects.all()), now=timezone.now())


def test_a_first_round_fills_the_portal_and_a_second_one_finds_nothing_changed(customers, sandbox, sandbox_world):
    broken = sandbox_world.break_service("Exchange Online", tenants=[0, 1, 2], title="Mail is slow")
    first = read_everyone()
    assert (first.changed, first.unchanged, first.failed.total()) == (len(customers), 0, 0)
    issue = Issue.objects.get(microsoft_id=broken.id)
    assert (issue.title, issue.state, issue.exposed_customers) == ("Mail is slow", State.INCIDENT, 3)
    hit = set(Exposure.objects.open().filter(issue=issue).values_list("customer__name", flat=True))
    assert hit == {customer.name for customer in customers[:3]}
    assert not Customer.objects.filter(name__in=hit).exclude(health=State.INCIDENT).exists()
    states = ServiceState.objects.filter(customer__name__in=hit, service__name="Exchange Online")
    assert set(states.values_list("state", flat=True)) == {State.INCIDENT}
    second = read_everyone()
    assert (second.changed, second.unchanged, second.requests, second.tokens) == (0, len(customers), len(customers), 0)
