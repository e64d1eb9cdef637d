"""In whatever world of groups and scopes, no page, file or answer of the API tells a person of a foreign customer."""

from typing import Any

from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csp_portal.accounts.models import ApiToken, User
from customers.access import visible_customers
from customers.models import Customer, CustomerGroup
from health.models import Issue
from tests.rights.conftest import make_customer, make_issue
from tests.rights.matrix_world import World

NAMES = ("Adatum", "Bellows", "Cohovineyard", "Duwamish", "Elmwood")
TAGS = ("red", "green", "blue")
TAGS_OF = st.lists(st.sampled_from(TAGS), unique=True, max_size=2)
RULES = st.fixed_dictionaries(
    {
        "tags": TAGS_OF,
        "clouds": st.sampled_from([[], ["global"], ["china"]]),
        "words": st.sampled_from(["", "a", "datum", "nowhere"]),
    }
)
WORLDS = st.fixed_dictionaries(
    {
        "customers": st.lists(st.tuples(TAGS_OF, st.sampled_from(["global", "china"])), min_size=5, max_size=5),
        "groups": st.lists(RULES, min_size=1, max_size=2),
        "by_hand": st.tuples(st.integers(0, 4), st.integers(0, 4)),
        "sees": st.sampled_from([User.Sees.ONLY, User.Sees.ALL_EXCEPT]),
        "hits": st.lists(st.sets(st.integers(0, 4), min_size=1), min_size=1, max_size=3),
    }
)
PAGES = (
    *("/", "/customers/", "/customers/?sort=name", "/customers/?q=a", "/matrix/", "/issues/", "/issues/?state=all"),
    *("/customers/export.csv", "/issues/export.csv"),
    *("/api/v1/customers/", "/api/v1/issues/", "/api/v1/exposures/", "/api/v1/service-states/"),
)


def text_of(client: Client, address: str) -> tuple[int, str]:
    answer = client.get(address)
    parts = answer.streaming_content if answer.streaming else [answer.content]  # type: ignore[attr-defined]
    return answer.status_code, b"".join(parts).decode()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=WORLDS)
def test_nothing_tells_of_a_foreign_customer(db: None, told: dict[str, Any]) -> None:
    with transaction.atomic():
        check(told)
        transaction.set_rollback(True)


def check(told: dict[str, Any]) -> None:
    customers = [
        make_customer(name, tags=[*tags, f"only-{name}"], cloud=cloud)
        for name, (tags, cloud) in zip(NAMES, told["customers"], strict=True)
    ]
    groups = [CustomerGroup.objects.create(name=f"G{n}", **rule) for n, rule in enumerate(told["groups"])]
    groups[0].added.add(customers[told["by_hand"][0]])
    groups[0].left_out.add(customers[told["by_hand"][1]])
    for number, hit in enumerate(told["hits"]):
        make_issue(f"EX{number}", hits=[customers[one] for one in hit], cloud="global")
    world = World(trade=None)  # type: ignore[arg-type]  # nobody here asks for an address of its own
    person = world.person("SUPPORT_AGENT")
    person.sees = told["sees"]
    person.save()
    person.scope_groups.set(groups)
    look_everywhere(world, User.objects.get(pk=person.pk), told["hits"])


def look_everywhere(world: World, person: User, hits: list[set[int]]) -> None:
    own = {customer.name: customer for customer in visible_customers(person)}
    foreign = [customer for customer in Customer.objects.all() if customer.name not in own]
    client = world.client("SUPPORT_AGENT")
    plain = ApiToken.objects.create(user=person, name="Test", scopes=["READ"])[1]
    program = Client(headers={"Authorization": f"Token {plain}"})
    pages = [*PAGES, *(f"/customers/{one.tenant_id}/{tab}" for one in own.values() for tab in ("", "health/"))]
    for number, hit in enumerate(hits):
        seen = sum(NAMES[one] in own for one in hit)
        for tail in ("", "?tab=customers", "customers.csv"):
            assert text_of(client, f"/issues/global/EX{number}/{tail}")[0] == (200 if seen else 404)
        pages += [f"/issues/global/EX{number}/{tail}" for tail in ("", "?tab=customers", "customers.csv") if seen]
        found = program.get(f"/api/v1/issues/global/EX{number}/").json()
        assert found.get("exposed_customers", 0) == seen
    for address in pages:
        status, text = text_of(program if address.startswith("/api/") else client, address)
        assert status == 200, address
        for one in foreign:
            told = [word for word in (one.name, str(one.tenant_id), one.domain, f"only-{one.name}") if word in text]
            assert told == [], address
    assert len(program.get("/api/v1/customers/").json()["results"]) == len(own)
    assert Issue.objects.count() == len(hits)
