"""The pages of the capability matrix: what is missing where, what mends it, and who may look."""

import csv
import io
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from csp_portal.accounts.models import Role, User
from customers.gdap.capabilities import GLOBAL_READER, SENSIBLE_ROLES
from customers.gdap.cells import mark_consents
from customers.models import (
    Connection,
    Customer,
    CustomerGroup,
    Feed,
    GroupMember,
    Reckoning,
    Relationship,
    SecurityGroup,
)
from customers.tasks import reckon_capabilities

pytestmark = pytest.mark.django_db
MATRIX = "/delegated-access/capabilities/"


def _text(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, answer
    return answer.content.decode()


@pytest.fixture
def three(new_customer: Callable[..., Customer], grant: Callable[..., Relationship]) -> dict[str, Customer]:
    """Contoso lacks nothing, Fabrikam the role to open tickets, Adatum any relationship."""
    found = {name: new_customer(name) for name in ("Contoso", "Fabrikam", "Adatum")}
    grant(found["Contoso"], roles=SENSIBLE_ROLES)
    grant(found["Fabrikam"], roles=(GLOBAL_READER,))
    reckon_capabilities()
    return found


@pytest.fixture
def mei(gdap_connection: Connection, support_group: SecurityGroup) -> User:
    """A support agent who signs in with Microsoft and is in the group."""
    member = support_group.members.get()
    return User.objects.create_from_microsoft(
        tenant_id=gdap_connection.partner_tenant_id,
        object_id=member.object_id,
        name="Mei Lin",
        mail="mei@partner.example",
        role=Role.SUPPORT_AGENT,
    )


def test_the_matrix_shows_problems_only_the_worst_first_until_everything_is_asked_for(
    as_viewer: Client, three: dict[str, Customer]
) -> None:
    page = _text(as_viewer, MATRIX)
    assert "Contoso" not in page
    assert page.index("Adatum") < page.index("Fabrikam")
    assert "No relationship" in page
    assert "Role not in it" in page
    assert "Contoso" in _text(as_viewer, f"{MATRIX}?show=all")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("cause=NO_RELATIONSHIP", {"Adatum"}),
        ("cause=ROLE_MISSING", {"Fabrikam"}),
        ("cause=ROLE_MISSING&job=EXCHANGE", set()),
        ("job=EXCHANGE", {"Adatum"}),
        ("job=M365_TICKETS", {"Adatum", "Fabrikam"}),
        ("job=M365_TICKETS&show=all&q=cont", {"Contoso"}),
        ("job=nonsense&cause=nonsense&page=nonsense", {"Adatum", "Fabrikam"}),
        ("cause=NOT_READ", set()),
    ],
)
def test_filters_leave_what_they_name(
    as_viewer: Client, three: dict[str, Customer], query: str, shown: set[str]
) -> None:
    page = _text(as_viewer, f"{MATRIX}?{query}")

    assert {name for name in three if f">{name}</a>" in page} == shown


def test_a_customer_that_was_not_reckoned_yet_is_unknown_and_never_green(
    as_viewer: Client, three: dict[str, Customer], new_customer: Callable[..., Customer]
) -> None:
    new_customer("Northwind")
    page = _text(as_viewer, f"{MATRIX}?cause=NOT_READ")

    assert "Northwind" in page
    assert "is-healthy" not in page


def test_asked_for_oneself_a_cell_is_green_only_for_who_is_in_the_group(
    signed_in: Callable[..., Client], as_agent: Client, three: dict[str, Customer], mei: User
) -> None:
    theirs = _text(signed_in(mei), f"{MATRIX}?mine=yes")
    assert "Contoso" not in theirs
    GroupMember.objects.all().delete()
    GroupMember.objects.create(group=SecurityGroup.objects.get(), object_id=three["Adatum"].tenant_id)
    theirs = _text(signed_in(mei), f"{MATRIX}?mine=yes&cause=NOT_IN_GROUP")
    assert "Contoso" in theirs
    assert "Not in the group" in theirs
    local = _text(as_agent, f"{MATRIX}?mine=yes&cause=PERSON_UNKNOWN")
    assert "Contoso" in local
    assert "Sign in with Microsoft" in local


def test_the_chain_says_which_link_is_broken_and_what_mends_it(
    signed_in: Callable[..., Client], access_admin: User, as_viewer: Client, three: dict[str, Customer]
) -> None:
    address = f"{MATRIX}{three['Fabrikam'].tenant_id}/M365_TICKETS/"
    page = _text(signed_in(access_admin), address)
    assert "holds no role for this" in page
    assert "action=CREATE" in page
    assert f"customer={three['Fabrikam'].tenant_id}" in page
    assert "action=CREATE" not in _text(as_viewer, address)
    fragment = _text(as_viewer, address, HX_Request="true")
    assert fragment.lstrip().startswith('<section class="box mb-3" id="ability"')
    assert as_viewer.get(f"{MATRIX}{three['Fabrikam'].tenant_id}/NONSENSE/").status_code == 404


def test_can_i_file_a_ticket_here_is_answered_in_words(
    signed_in: Callable[..., Client], as_agent: Client, three: dict[str, Customer], mei: User
) -> None:
    contoso, adatum = (f"{MATRIX}{three[name].tenant_id}/" for name in ("Contoso", "Adatum"))
    mine = signed_in(mei)
    assert "Yes, you can." in _text(mine, contoso, HX_Request="true")
    assert "No: no relationship." in _text(mine, adatum, HX_Request="true")
    assert "Nobody knows: person not known in this tenant." in _text(as_agent, contoso, HX_Request="true")
    assert "Others of us can." in _text(as_agent, contoso, HX_Request="true")


def test_who_sees_a_part_of_the_customers_sees_that_part_of_the_matrix(
    signed_in: Callable[..., Client], support_agent: User, three: dict[str, Customer]
) -> None:
    group = CustomerGroup.objects.create(name="Mine", words="fabrikam")
    User.objects.filter(pk=support_agent.pk).update(sees=User.Sees.ONLY)
    support_agent.scope_groups.add(group)
    client = signed_in(User.objects.get(pk=support_agent.pk))

    page = _text(client, f"{MATRIX}?show=all")
    assert "Fabrikam" in page
    assert "Adatum" not in page
    assert "Contoso" not in page
    assert "No relationship" not in page.split('id="capabilities"')[1]
    assert client.get(f"{MATRIX}{three['Adatum'].tenant_id}/").status_code == 404
    assert client.get(f"{MATRIX}{three['Adatum'].tenant_id}/USERS/").status_code == 404
    rows = b"".join(client.get(f"{MATRIX}export.csv?show=all").streaming_content).decode()  # type: ignore[attr-defined]
    assert "Fabrikam" in rows
    assert "Adatum" not in rows


def test_the_file_names_each_cause(as_agent: Client, three: dict[str, Customer]) -> None:
    answer = as_agent.get(f"{MATRIX}export.csv?show=all&job=M365_TICKETS")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = {row[0]: row[2] for row in csv.reader(io.StringIO(text))}

    assert rows == {
        "Customer": "Open Microsoft 365 and Dynamics 365 tickets",
        "Adatum": "No relationship",
        "Fabrikam": "Role not in it",
        "Contoso": "Possible",
    }


def test_reckon_now_brings_what_has_changed(
    as_agent: Client, three: dict[str, Customer], grant: Callable[..., Relationship]
) -> None:
    grant(three["Adatum"], roles=SENSIBLE_ROLES)
    as_agent.post(f"{MATRIX}reckon/")
    reckon_capabilities()
    assert "Adatum" not in _text(as_agent, MATRIX)
    Feed.objects.filter(customer=three["Adatum"]).update(problem=Feed.Problem.APP_MISSING)
    as_agent.post(f"{MATRIX}{three['Adatum'].tenant_id}/reckon/")
    assert "Consent missing" in _text(as_agent, MATRIX)


def test_the_matrix_takes_at_most_twelve_statements_however_many_customers(
    as_viewer: Client, three: dict[str, Customer], new_customer: Callable[..., Customer], now: datetime
) -> None:
    counts = []
    for _more in range(2):
        for address in (MATRIX, f"{MATRIX}?mine=yes"):
            with CaptureQueriesContext(database) as seen:
                _text(as_viewer, address)
            counts.append(len(seen))
        for number in range(20):
            new_customer(f"More {number}")
        reckon_capabilities()

    assert counts[:2] == counts[2:]
    assert max(counts) <= 12


def test_links_that_the_persons_groups_give_no_right_to_are_barred_with_the_reason(
    *,
    signed_in: Callable[..., Client],
    as_agent: Client,
    three: dict[str, Customer],
    mei: User,
    new_customer: Callable[..., Customer],
    grant: Callable[..., Relationship],
) -> None:
    address = f"/customers/{three['Fabrikam'].tenant_id}/services/"
    ticket = "CSDEST=Support"
    barred = _text(signed_in(mei), address)
    assert ticket not in barred
    assert "Your groups lack the role" in barred
    assert f"{MATRIX}{three['Fabrikam'].tenant_id}/M365_TICKETS/?mine=yes" in barred
    assert "exchange" in barred.lower()
    assert ticket in _text(as_agent, address)
    assert ticket in _text(signed_in(mei), f"/customers/{three['Contoso'].tenant_id}/services/")
    unread = new_customer("Unread")
    grant(unread, parts_read_at=None)
    assert ticket in _text(signed_in(mei), f"/customers/{unread.tenant_id}/services/")


def test_the_end_of_the_contract_counts_from_the_moment_it_is_entered(
    as_agent: Client, three: dict[str, Customer], now: datetime
) -> None:
    customer = three["Contoso"]
    late = (now + timedelta(days=900)).date()
    as_agent.post(f"/customers/{customer.tenant_id}/facts/", {"contract_ends_on": late.isoformat()})
    reckon_capabilities()
    assert ">Contoso</a>" in _text(as_agent, f"{MATRIX}?cause=ENDS_EARLY")
    lines = f"tenant id,contract ends on\n{customer.tenant_id},\n{three['Adatum'].tenant_id},2026-02-30"
    assert "Line 3" in as_agent.post("/customers/facts/import/", {"text": lines}).content.decode()
    lines = lines.replace("2026-02-30", "2031-12-31")
    as_agent.post("/customers/facts/import/", {"text": lines})
    reckon_capabilities()
    assert ">Contoso</a>" not in _text(as_agent, f"{MATRIX}?cause=ENDS_EARLY")
    assert Customer.objects.get(name="Adatum").contract_ends_on == date(2031, 12, 31)


def test_programs_read_the_matrix_as_far_as_their_person_sees_it(
    as_viewer: Client, three: dict[str, Customer], new_customer: Callable[..., Customer]
) -> None:
    new_customer("Northwind")
    rows = {row["name"]: row for row in as_viewer.get("/api/v1/capabilities/").json()["results"]}
    states = {name: row["capabilities"][1]["state"] for name, row in rows.items()}
    assert states == {"Contoso": "GREEN", "Fabrikam": "RED", "Adatum": "RED", "Northwind": "AMBER"}
    assert rows["Northwind"]["reckoned_at"] is None
    one = as_viewer.get(f"/api/v1/capabilities/{three['Fabrikam'].tenant_id}/").json()
    assert one["capabilities"][1]["broken_link"] == "ROLE_MISSING"
    found = as_viewer.get("/api/v1/capabilities/?broken_link=NO_RELATIONSHIP").json()["results"]
    assert [row["name"] for row in found] == ["Adatum"]


def test_a_consent_that_came_or_went_counts_with_the_next_sweep(three: dict[str, Customer], now: datetime) -> None:
    feed = Feed.objects.filter(customer=three["Contoso"])
    feed.update(problem=Feed.Problem.CONSENT_MISSING, problem_since=now + timedelta(minutes=1))
    reckon_capabilities()
    assert "READ_HEALTH:CONSENT_MISSING" in Reckoning.objects.get(customer=three["Contoso"]).cells
    feed.update(problem="", problem_since=None)
    reckon_capabilities()
    assert "READ_HEALTH:" in Reckoning.objects.get(customer=three["Contoso"]).cells
    assert mark_consents() == 0


def test_a_reading_that_is_refused_now_turns_the_green_of_a_former_one_into_unknown(
    three: dict[str, Customer], now: datetime
) -> None:
    feed = Feed.objects.filter(customer=three["Contoso"])
    feed.update(problem=Feed.Problem.FORBIDDEN, problem_since=now + timedelta(minutes=1))
    reckon_capabilities()
    assert "READ_HEALTH:NOT_READ" in Reckoning.objects.get(customer=three["Contoso"]).cells
    feed.update(problem="", problem_since=None)
    Reckoning.objects.update(reckoned_at=now - timedelta(hours=2))
    reckon_capabilities()
    assert "READ_HEALTH:" in Reckoning.objects.get(customer=three["Contoso"]).cells
