"""Post-incident reviews are fetched once through a customer that was hit, kept as files, told, and handed out."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from csp_portal.accounts.models import Role, User
from csp_portal.attachments.models import Attachment
from csp_portal.attachments.take_in import LARGEST
from csp_portal.notices.models import Event
from customers.models import CustomerGroup, Feed
from health.models import Exposure, Issue, Review
from health.outbreak import hurry_neighbors
from health.reviews.fetch import SET_ASIDE_AFTER, add_missing_reviews, claim_reviews, fetch_review
from health.sweep import claim_now
from tests.health.conftest import read_everyone

pytestmark = pytest.mark.django_db
State = Review.State


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.PORTAL_FILES_DIR = str(tmp_path)


@pytest.fixture
def told(sandbox_world):
    """An incident at the first three customers that is over, with its review published."""
    issue = sandbox_world.break_service("Exchange Online", tenants=range(3), title="Mail does not move")
    return issue


@pytest.fixture
def published(told, customers, sandbox):
    read_everyone()
    told.restore()
    told.publish_review()
    read_everyone()
    return told


def fetch_due() -> list[bool]:
    add_missing_reviews()
    return [fetch_review(pk, epoch, now=timezone.now()) for pk, epoch in claim_reviews()]


def reports_asked(sandbox) -> list[str]:
    return [one.path for one in sandbox.requests if one.path.endswith("incidentReport")]


def test_a_review_is_fetched_kept_and_told_once(published, sandbox, as_viewer):
    sandbox.forget_requests()
    assert fetch_due() == [True]
    review = Review.objects.get()
    assert (review.state, review.attachment.name) == (State.STORED, f"{published.id}.docx")
    assert Event.objects.get(kind="REVIEW_PUBLISHED").issue == review.issue
    assert len(reports_asked(sandbox)) == 1
    assert fetch_due() == []

    page = as_viewer.get(f"/issues/custom/{published.id}/").content.decode()
    assert "Post-incident review" in page
    activity = as_viewer.get(f"/issues/custom/{published.id}/?tab=activity").content.decode()
    assert "post-incident review was attached" in activity
    assert "Status changed to" in activity


def test_programs_read_what_is_known_of_the_document(published, sandbox, as_viewer):
    address = f"/api/v1/issues/custom/{published.id}/"
    assert as_viewer.get(address).json()["review"] is None
    fetch_due()
    told, document = as_viewer.get(address).json()["review"], Attachment.objects.get()
    assert (told["state"], told["name"], told["size"]) == ("STORED", document.name, document.size)
    assert told["sha256"] == document.sha256


def test_nothing_is_fetched_before_microsoft_publishes_it(told, customers, sandbox):
    read_everyone()
    assert fetch_due() == []


def test_where_one_customer_refuses_the_next_is_asked(published, customers, sandbox, sandbox_world):
    for customer in customers[:2]:
        sandbox_world.tenant(str(customer.tenant_id)).fail(403)
    assert fetch_due() == [True]


def test_a_tenant_that_asks_us_to_wait_is_left_alone_and_another_asked(published, customers, sandbox, sandbox_world):
    sandbox_world.tenant(str(customers[0].tenant_id)).throttled_for = 300
    assert fetch_due() == [True]


def test_no_review_is_asked_of_a_tenant_before_its_retry_after_is_over(published, customers, sandbox):
    later = timezone.now() + timedelta(minutes=30)
    waiting = Feed.objects.filter(customer__in=customers[:3], kind=Feed.Kind.MESSAGES)
    waiting.update(due_because=Feed.Because.WAIT, due_at=later)
    sandbox.forget_requests()
    assert fetch_due() == [False]
    assert reports_asked(sandbox) == []
    waiting.filter(customer=customers[2]).update(due_at=Now())
    Review.objects.update(due_at=Now())
    assert fetch_due() == [True]
    assert len(reports_asked(sandbox)) == 1


def test_a_tenant_that_lets_a_review_wait_is_asked_for_nothing_until_then(
    published, customers, sandbox, sandbox_world, as_agent
):
    Feed.objects.filter(customer__in=customers[1:3]).update(paused_because="FORBIDDEN")
    sandbox_world.tenant(str(customers[0].tenant_id)).throttled_for = 900
    assert fetch_due() == [False]
    review = Review.objects.get()
    assert (review.state, review.failures, review.problem) == (State.WAITING, 0, "THROTTLED")
    feeds = Feed.objects.filter(customer=customers[0], kind__in=Feed.OF_THE_TENANT)
    assert set(feeds.values_list("due_because", flat=True)) == {Feed.Because.WAIT}
    assert min(feeds.values_list("due_at", flat=True)) > timezone.now() + timedelta(minutes=14)

    sandbox.forget_requests()
    as_agent.post(f"/issues/custom/{published.id}/review/again/")
    assert fetch_due() == [False]
    assert claim_now(feeds) == []
    hurry_neighbors(
        issue_ids={"EX1"}, service_names={"Exchange Online"}, connection_ids={str(customers[0].connection_id)}
    )
    assert set(feeds.values_list("due_because", flat=True)) == {Feed.Because.WAIT}
    assert reports_asked(sandbox) == []


def test_a_killed_worker_leaves_a_review_that_the_next_one_keeps_once(published, sandbox):
    add_missing_reviews()
    (slept,) = claim_reviews()
    assert claim_reviews() == []
    Review.objects.update(due_at=Now())
    assert fetch_due() == [True]
    assert fetch_review(*slept, now=timezone.now()) is False
    assert Attachment.objects.count() == 1


@pytest.mark.parametrize(
    "content", [b"<html><script>alert(1)</script></html>", b"MZ" + b"\0" * 2000, b"x" * (LARGEST + 1)]
)
def test_what_is_no_document_or_too_large_is_not_kept_and_a_person_may_ask_again(
    published, sandbox, content, as_viewer, as_agent
):
    published.report = content
    for _ in range(SET_ASIDE_AFTER):
        Review.objects.update(due_at=Now())
        assert fetch_due() == [False]
    review = Review.objects.get()
    assert (review.state, Attachment.objects.count()) == (State.FAILED, 0)
    address = f"/issues/custom/{published.id}/"
    assert "could not be fetched" in as_viewer.get(address).content.decode()
    assert "Fetch it again" not in as_viewer.get(address).content.decode()
    assert "Fetch it again" in as_agent.get(address).content.decode()

    published.report = b""
    assert as_agent.post(f"{address}review/again/").status_code == 302
    assert fetch_due() == [True]


def test_the_document_is_handed_out_to_who_may_see_the_issue(published, customers, sandbox, as_viewer, signed_in):
    fetch_due()
    address = f"/issues/custom/{published.id}/review/"
    assert as_viewer.get(address).status_code == 302  # being scanned
    Attachment.objects.update(state=Attachment.State.CLEAN)
    answer = as_viewer.get(address)
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]

    person = User.objects.create_local("p@portal.example", name="P", role=Role.VIEWER, password="x" * 20)
    group = CustomerGroup.objects.create(name="Mine")
    group.added.set([customers[9]])
    group.people.set([person])
    User.objects.filter(pk=person.pk).update(sees=User.Sees.ONLY)
    assert signed_in(person).get(address).status_code == 404


def test_no_customer_is_asked_that_cannot_be_read_now(published, customers, sandbox, as_viewer):
    Feed.objects.filter(customer__in=customers[:3]).update(paused_because="FORBIDDEN")
    for _ in range(SET_ASIDE_AFTER + 1):  # what ends by itself needs no person
        Review.objects.update(due_at=Now())
        assert fetch_due() == [False]
    review = Review.objects.get()
    assert (review.state, review.failures, review.problem) == (State.WAITING, 0, "NOT_READ")
    assert review.due_at > timezone.now() + timedelta(minutes=1)
    assert Exposure.objects.filter(issue=Issue.objects.get(microsoft_id=published.id)).count() == 3
    assert "None of the customers it hit can be asked now" in page_of(published, as_viewer)
    assert as_viewer.get(f"/api/v1/issues/custom/{published.id}/").json()["review"]["why"].startswith("None of the")


def test_the_page_says_why_a_review_waits_and_until_when(published, sandbox, sandbox_world, as_viewer):
    add_missing_reviews()
    assert "it is being fetched" in page_of(published, as_viewer)
    for number in range(3):
        sandbox_world.tenant(number).throttled_for = 900
    assert fetch_due() == [False]

    page, due = page_of(published, as_viewer), Review.objects.get().due_at
    assert "it is being fetched" not in page
    assert "Microsoft asks us to wait" in page
    assert f'<time datetime="{timezone.localtime(due).isoformat()}"' in page
    assert due > timezone.now() + timedelta(minutes=14)


def page_of(published, client):
    return client.get(f"/issues/custom/{published.id}/").content.decode()
