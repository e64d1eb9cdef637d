"""The list of issues and the page of one: filters, files, posts that do no harm, and whom it hits."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from csp_portal.microsoft.sandbox.posts import NASTY
from customers.models import Customer, Feed
from health.models import Exposure, Issue
from tests.health.conftest import read_everyone
from tests.health.pages.conftest import text_of

ISSUES = "/issues/"


@pytest.fixture
def broken(customers, sandbox_world):
    """An incident at three customers, read by the portal."""
    issue = sandbox_world.break_service("Exchange Online", tenants=[0, 1, 2], title="Mail does not move")
    read_everyone()
    return issue


def page_of(issue):
    return f"/issues/custom/{issue.id}/"


def ids(client, query=""):
    return [issue.microsoft_id for issue, *_ in client.get(ISSUES + query).context["rows"]]


def test_the_list_shows_open_issues_worst_first(broken, as_viewer):
    rows = as_viewer.get(ISSUES).context["rows"]
    assert not any(issue.is_resolved for issue, *_ in rows)
    assert [issue.state for issue, *_ in rows] == sorted(issue.state for issue, *_ in rows)
    assert next(issue for issue, *_ in rows if issue.microsoft_id == broken.id).hit_customers == 3


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ("?q=mail+move", True),
        ("?q=calls", False),
        ("?class=INCIDENT", True),
        ("?class=ADVISORY", False),
        ("?service=Exchange+Online", True),
        ("?service=Planner", False),
        ("?cloud=custom", True),
        ("?cloud=usgov", False),
        ("?state=resolved", False),
        ("?state=all", True),
        ("?state=nonsense&class=nonsense&cloud=nonsense&page=nonsense", True),
    ],
)
def test_filters_leave_what_fits(broken, as_viewer, query, is_there):
    assert (broken.id in ids(as_viewer, query)) is is_there


def test_the_id_of_an_issue_finds_it(broken, as_viewer):
    assert ids(as_viewer, f"?q={broken.id.lower()}") == [broken.id]


def test_an_empty_list_says_what_to_do(customers, as_viewer):
    assert "No open issues" in text_of(as_viewer, ISSUES)
    assert "Take a filter away" in text_of(as_viewer, ISSUES + "?q=nothing")


def test_a_long_list_is_walked_page_by_page(customers, as_viewer):
    now = timezone.now()
    made = Issue.objects.bulk_create(
        Issue(
            cloud="custom",
            microsoft_id=f"EX{number}",
            title="Delays",
            service_name="Exchange Online",
            classification="INCIDENT",
            status="DEGRADATION",
            state=0,
            first_seen_at=now,
            changed_at=now,
        )
        for number in range(60)
    )
    Exposure.objects.bulk_create(
        Exposure(issue=issue, customer=customers[0], first_seen_at=now, last_seen_at=now) for issue in made
    )
    first = as_viewer.get(ISSUES)
    second = as_viewer.get(ISSUES, {"page": first.context["page"].next_page_number})
    seen = [issue.pk for answer in (first, second) for issue, *_ in answer.context["rows"]]
    assert sorted(seen) == sorted(issue.pk for issue in made)


def test_the_file_of_issues_holds_the_filtered_ones_and_no_formulas(broken, as_agent):
    Issue.objects.filter(microsoft_id=broken.id).update(title="=HYPERLINK(1)")
    answer = as_agent.get("/issues/export.csv?service=Exchange+Online&class=INCIDENT")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    mine = next(row for row in rows if row["ID"] == broken.id)
    assert (mine["Title"], mine["Customers hit"]) == ("'=HYPERLINK(1)", "3")
    assert {row["Service"] for row in rows} == {"Exchange Online"}


def test_the_page_shows_facts_and_posts_newest_first(broken, as_viewer):
    broken.post("<b>Current status:</b> We found the cause.")
    read_everyone()
    text = text_of(as_viewer, page_of(broken))
    assert "Mail does not move" in text and broken.id in text and "Service degradation" in text
    posts = [post for post, _ in as_viewer.get(page_of(broken)).context["posts"]]
    assert "We found the cause" in posts[0].html
    assert [post.posted_at for post in posts] == sorted((post.posted_at for post in posts), reverse=True)


def test_a_post_that_attacks_shows_its_words_and_does_no_harm(broken, as_viewer):
    broken.post(NASTY)
    read_everyone()
    page = as_viewer.get(page_of(broken)).content.decode()
    text = page[page.index('class="post-text"') : page.index("</article>")]
    assert "Admins can follow the workaround" in text
    assert 'href="https://learn.microsoft.com/exchange/"' in text
    for harm in ("<script", "javascript:", "onmouseover", "onerror", "style=", "<img", "<iframe", "<form", "<input"):
        assert harm not in text.lower()
    assert not re.search(r"tracker\.example|collector\.example", page)


def test_a_title_that_is_markup_is_shown_as_text(broken, as_viewer):
    Issue.objects.filter(microsoft_id=broken.id).update(title="<script>alert(1)</script>", impact="<b>x</b>")
    for address in ("/", ISSUES, page_of(broken), page_of(broken) + "?tab=customers"):
        page = as_viewer.get(address).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_a_status_nobody_has_heard_of_is_shown_as_microsoft_sent_it(customers, sandbox_world, as_viewer):
    issue = sandbox_world.break_service("Planner", tenants=[0], classification="advisory", status="gradualRecovery")
    read_everyone()
    for address in (ISSUES, page_of(issue)):
        assert "Unknown (gradualRecovery)" in text_of(as_viewer, address)


def test_its_customers_are_listed_with_who_is_unknown_and_who_is_cleared(broken, sandbox_world, as_viewer):
    lost, old = sandbox_world.tenants[0], sandbox_world.tenants[1]
    lost.fail(403)
    read_everyone()
    feed = Feed.objects.filter(customer__tenant_id=old.tenant_id, kind=Feed.Kind.HEALTH)
    feed.update(read_at=timezone.now() - timedelta(days=1))
    customers_tab = page_of(broken) + "?tab=customers"
    counts = as_viewer.get(customers_tab).context["counts"]
    assert (counts["hit"], counts["unknown"], counts["cleared"]) == (3, 2, 0)
    unknown = as_viewer.get(customers_tab + "&state=unknown").context["page"].rows
    assert {row.customer.name for row in unknown} == {lost.name, old.name}
    broken.restore()
    lost.fail_with = None
    read_everyone()
    assert as_viewer.get(customers_tab).context["counts"]["cleared"] == 3
    assert "Cleared" in text_of(as_viewer, customers_tab + "&state=cleared")
    assert broken.id in ids(as_viewer, "?state=resolved")


def test_customers_of_an_issue_are_found_by_name_and_domain(broken, sandbox_world, as_viewer):
    tenant = sandbox_world.tenants[2]
    for words in (tenant.name.lower(), tenant.domain):
        rows = as_viewer.get(page_of(broken), {"tab": "customers", "q": words}).context["page"].rows
        assert [row.customer.name for row in rows] == [tenant.name]


def test_its_customers_as_a_file(broken, as_agent):
    Customer.objects.filter(exposures__issue__microsoft_id=broken.id).update(name="+1 GmbH")
    answer = as_agent.get(page_of(broken) + "customers.csv")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [row["Customer"] for row in rows] == ["'+1 GmbH"] * 3
    assert {row["Unknown now"] for row in rows} == {"no"}


def test_an_issue_that_hits_nobody_one_may_see_is_not_there(broken, as_agent, as_nobody):
    Exposure.objects.filter(issue__microsoft_id=broken.id).delete()
    for address in (page_of(broken), page_of(broken) + "customers.csv"):
        assert as_agent.get(address).status_code == 404
        assert as_nobody.get(address).status_code == 403
    assert broken.id not in ids(as_agent, "?state=all")
    assert as_agent.get("/issues/usgov/EX1/").status_code == 404


def test_pages_cost_the_same_statements_whatever_they_hold(broken, sandbox_world, as_viewer, statements):
    addresses = (ISSUES, page_of(broken), page_of(broken) + "?tab=customers")
    few = [statements(as_viewer, address) for address in addresses]
    sandbox_world.spread(broken, fraction=1.0)
    for service in ("Microsoft Teams", "Planner", "Microsoft Forms"):
        sandbox_world.break_service(service, fraction=1.0)
    broken.post("<p>more</p>")
    read_everyone()
    assert [statements(as_viewer, address) for address in addresses] == few


def test_an_issue_that_left_microsofts_list_unresolved_is_no_longer_open(broken, customers, as_viewer):
    exposures = Exposure.objects.filter(issue__microsoft_id=broken.id)
    exposures.exclude(customer=customers[0]).update(cleared_at=timezone.now())
    assert broken.id in ids(as_viewer)
    assert broken.id not in ids(as_viewer, "?state=unlisted")
    Customer.objects.filter(pk=customers[0].pk).update(gone_at=timezone.now())
    assert broken.id not in ids(as_viewer)
    assert broken.id in ids(as_viewer, "?state=unlisted")
    Customer.objects.update(gone_at=None)
    exposures.update(cleared_at=timezone.now())
    assert not Issue.objects.get(microsoft_id=broken.id).is_resolved
    assert broken.id not in ids(as_viewer)
    assert broken.id in ids(as_viewer, "?state=unlisted")
    assert broken.id not in ids(as_viewer, "?state=resolved")


def test_a_customer_that_is_gone_is_shown_but_counted_nowhere(broken, as_viewer):
    gone = Customer.objects.filter(exposures__issue__microsoft_id=broken.id).order_by("pk")[0]
    Customer.objects.filter(pk=gone.pk).update(gone_at=timezone.now())
    page = as_viewer.get(page_of(broken) + "?tab=customers")
    assert (page.context["counts"]["hit"], page.context["counts"]["new"]) == (2, 2)
    assert gone.pk in {row.customer_id for row in page.context["page"].rows}
    assert "no longer our customer" in page.content.decode()
    hit = as_viewer.get(page_of(broken) + "?tab=customers&state=hit").context["page"].rows
    assert len(hit) == 2 and gone.pk not in {row.customer_id for row in hit}
    assert as_viewer.get(f"/customers/{gone.tenant_id}/").content.decode().count('class="badge') == 0
    exposures = as_viewer.get(f"/api/v1/exposures/?open=true&issue={broken.id}").json()["results"]
    assert len(exposures) == 2 and str(gone.tenant_id) not in {row["tenant_id"] for row in exposures}
    for address in ("/api/v1/customers/?health=INCIDENT", "/api/v1/service-states/?state=INCIDENT"):
        assert str(gone.tenant_id) not in {row["tenant_id"] for row in as_viewer.get(address).json()["results"]}
