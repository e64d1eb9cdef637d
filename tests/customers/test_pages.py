"""Customer pages: what is found, what is said, who may change what, and how many statements it takes."""

import csv
import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Connection, Customer, Feed, State

LIST = "/customers/"


def make(count, *, start=0, **changes):
    rows = Customer.objects.bulk_create(
        Customer(
            tenant_id=uuid4(),
            name=f"Customer {number:03}",
            domain=f"c{number:03}.example",
            initial_domain=f"c{number:03}.onmicrosoft.com",
            **{"cloud": "global", "source": "FILE", "health": State.HEALTHY, **changes},
        )
        for number in range(start, start + count)
    )
    now = timezone.now()
    Feed.objects.bulk_create(
        Feed(customer=row, kind=kind, read_at=now - timedelta(seconds=number), due_at=now + timedelta(hours=1))
        for number, row in enumerate(rows)
        for kind in Feed.Kind
    )
    return rows


@pytest.fixture
def global_connection(db):
    return Connection.objects.create(name="Global", cloud="global", partner_tenant_id=uuid4(), client_id=uuid4())


def names_on(response):
    return [customer.name for customer in response.context["page"].rows]


def page(client, view, customer):
    return client.get(reverse(f"customers:{view}", args=[customer.tenant_id]))


class TestList:
    @pytest.mark.parametrize("count", [5, 60])
    def test_takes_the_same_few_statements_for_any_number_of_customers(
        self, as_viewer, count, django_assert_max_num_queries
    ):
        make(count)
        with django_assert_max_num_queries(12) as captured:  # one of them counts the request
            assert as_viewer.get(LIST).status_code == 200
        assert len(captured) == 12

    def test_a_refresh_does_not_look_for_tags_to_choose_from(self, as_viewer, django_assert_num_queries):
        make(1, tags=["gold"])
        with django_assert_num_queries(12) as captured:
            assert as_viewer.get(LIST, headers={"HX-Request": "true"}).status_code == 200
        assert not any("DISTINCT" in query["sql"] and "tags" in query["sql"] for query in captured)

    def test_shows_fifty_rows_and_leads_to_the_rest(self, as_viewer):
        make(60)
        first = as_viewer.get(LIST, {"sort": "name"})
        assert names_on(first)[:2] == ["Customer 000", "Customer 001"]
        second = as_viewer.get(LIST, {"sort": "name", "page": first.context["page"].next_page_number})
        assert names_on(second) == [f"Customer {n:03}" for n in range(50, 60)]
        assert b"60 customers" in first.content

    def test_the_worst_come_first_and_unknown_is_never_among_the_healthy(self, as_viewer, global_connection):
        healthy, broken = make(1), make(1, start=2, health=State.INCIDENT)
        stale = make(1, start=1, connection=global_connection)
        Feed.objects.filter(customer=stale[0]).update(read_at=timezone.now() - timedelta(days=1))
        response = as_viewer.get(LIST)
        assert names_on(response) == [row.name for row in (*broken, *stale, *healthy)]
        assert names_on(as_viewer.get(LIST, {"state": "healthy"})) == [healthy[0].name]
        assert names_on(as_viewer.get(LIST, {"state": "UNKNOWN"})) == [stale[0].name]
        assert b"The last reading is too old" in response.content

    def test_one_stale_reading_among_fresh_ones_is_sorted_and_filtered_as_unknown(self, as_viewer):
        fresh = make(3)
        assert names_on(as_viewer.get(LIST, {"state": "healthy"})) == [row.name for row in fresh]
        Feed.objects.filter(customer=fresh[2]).update(read_at=timezone.now() - timedelta(days=1))
        assert names_on(as_viewer.get(LIST)) == ["Customer 002", "Customer 000", "Customer 001"]
        assert names_on(as_viewer.get(LIST, {"state": "healthy"})) == ["Customer 000", "Customer 001"]

    @pytest.mark.parametrize(
        ("sort", "first"), [("age", "Customer 000"), ("-age", "Customer 004"), ("-name", "Customer 004")]
    )
    def test_sorts_by_age_of_the_reading_and_by_name(self, as_viewer, sort, first):
        make(5)
        assert names_on(as_viewer.get(LIST, {"sort": sort}))[0] == first

    @pytest.mark.parametrize("words", ["stomer 003", "C003.EXAM", "c003.onmicrosoft", "003 customer"])
    def test_finds_a_customer_by_part_of_its_name_or_domain(self, as_viewer, words):
        make(5)
        assert names_on(as_viewer.get(LIST, {"q": words})) == ["Customer 003"]

    def test_a_word_that_stands_in_every_initial_domain_does_not_find_everybody(self, as_viewer):
        make(3)
        Customer.objects.update(domain="somebody.onmicrosoft.com", initial_domain="somebody.onmicrosoft.com")
        Customer.objects.filter(name="Customer 001").update(name="Contoso")
        assert names_on(as_viewer.get(LIST, {"q": "co"})) == ["Contoso"]

    def test_finds_a_customer_by_its_tenant_id_whole_or_from_its_beginning(self, as_viewer):
        wanted = make(5)[3]
        for words in (str(wanted.tenant_id), str(wanted.tenant_id)[:13].upper()):
            assert names_on(as_viewer.get(LIST, {"q": words})) == [wanted.name]

    def test_filters_by_cloud_tag_connection_and_what_is_gone(self, as_viewer, global_connection):
        make(2)
        make(1, start=2, cloud="usgov")
        make(1, start=3, tags=["gold", "North"])
        make(1, start=4, connection=global_connection)
        make(1, start=5, gone_at=timezone.now())
        asked = {
            "Customer 002": {"cloud": "usgov"},
            "Customer 003": {"tag": "gold"},
            "Customer 004": {"connection": str(global_connection.pk)},
            "Customer 005": {"gone": "yes"},
        }
        for name, query in asked.items():
            assert names_on(as_viewer.get(LIST, query)) == [name]
        assert "Customer 005" not in names_on(as_viewer.get(LIST))

    def test_each_filter_is_a_chip_that_leads_to_the_list_without_it(self, as_viewer):
        make(1, tags=["gold"])
        content = as_viewer.get(LIST, {"q": "cust", "tag": "gold", "sort": "name"}).content.decode()
        assert 'href="?tag=gold&amp;sort=name"' in content
        assert 'href="?q=cust&amp;sort=name"' in content

    def test_nonsense_in_the_address_is_as_if_it_were_not_there(self, as_viewer):
        make(2)
        query = {"state": "superb", "cloud": "moon", "connection": "7", "sort": "price", "page": "x", "q": "\x00"}
        assert len(names_on(as_viewer.get(LIST, query))) == 2

    def test_a_live_search_gets_the_fragment_and_a_clean_address(self, as_viewer):
        make(3)
        headers = {"HX-Request": "true", "HX-Trigger": "customer_filters"}
        response = as_viewer.get(LIST, {"q": "002", "state": "", "sort": "health"}, headers=headers)
        assert b"<html" not in response.content
        assert response["HX-Replace-Url"] == "/customers/?q=002"

    def test_the_refresh_keeps_the_address_it_was_shown_for(self, as_viewer):
        make(60)
        response = as_viewer.get(LIST, {"q": "customer", "sort": "-name"}, headers={"HX-Request": "true"})
        assert b'hx-get="/customers/?q=customer&amp;sort=-name"' in response.content
        assert "HX-Replace-Url" not in response

    def test_without_customers_it_says_what_to_do_next(self, as_viewer, as_owner):
        assert b"Add a connection" in as_owner.get(LIST).content
        assert b"No customer matches" in as_viewer.get(LIST, {"q": "nobody"}).content


class TestExport:
    def rows(self, response):
        text = b"".join(response.streaming_content).decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))

    def test_holds_just_the_filtered_customers_in_the_order_shown(self, as_agent):
        make(60)
        response = as_agent.get("/customers/export.csv", {"q": "er c05", "sort": "-name"})
        assert response["Content-Disposition"].startswith('attachment; filename="customers-')
        assert [row["Name"] for row in self.rows(response)] == [f"Customer 0{n}" for n in range(59, 49, -1)]

    def test_a_name_that_looks_like_a_formula_is_text(self, as_agent):
        make(1, tags=["=cmd()"])
        Customer.objects.update(name="=HYPERLINK(1)", domain="@evil", initial_domain="-1+1")
        [row] = self.rows(as_agent.get("/customers/export.csv"))
        assert (row["Name"], row["Default domain"], row["Initial domain"]) == ("'=HYPERLINK(1)", "'@evil", "'-1+1")
        assert row["Tags"] == "'=cmd()"

    def test_the_cause_of_unknown_is_a_column(self, as_agent, global_connection):
        make(1, connection=global_connection, health=State.UNKNOWN, unknown_because="FORBIDDEN")
        [row] = self.rows(as_agent.get("/customers/export.csv"))
        assert (row["Health"], row["Unknown because"]) == ("Unknown", "A permission or delegated role is missing")

    def test_a_thousand_rows_take_a_few_statements(self, as_agent, django_assert_max_num_queries):
        make(1000)
        with django_assert_max_num_queries(11):
            assert len(self.rows(as_agent.get("/customers/export.csv"))) == 1000


class TestPage:
    @pytest.mark.parametrize("view", ["customer_page", "customer_services"])
    def test_takes_few_statements(self, as_viewer, view, django_assert_max_num_queries):
        customer = make(3)[0]
        with django_assert_max_num_queries(12):  # two of them note that the customer was looked at
            assert page(as_viewer, view, customer).status_code == 200

    def test_shows_the_ids_with_copy_buttons_and_the_tabs(self, as_viewer):
        customer = make(1)[0]
        content = page(as_viewer, "customer_page", customer).content.decode()
        for value in (str(customer.tenant_id), customer.domain, customer.initial_domain):
            assert f'data-copy="{value}"' in content
        assert content.count('<a href="/customers/' + str(customer.tenant_id)) >= 3
        assert content.count('aria-current="page"') == 2

    def test_missing_consent_shows_the_link_for_the_customers_administrator(self, as_viewer, customers, sandbox):
        customer = customers[0]
        Customer.objects.filter(pk=customer.pk).update(health=State.UNKNOWN, unknown_because="CONSENT_MISSING")
        content = page(as_viewer, "customer_page", customer).content.decode()
        link = f"{sandbox.url}/{customer.tenant_id}/adminconsent?client_id={customer.connection.client_id}"
        assert f'href="{link}&amp;redirect_uri=' in content
        assert "Global Administrator" in content

    @pytest.mark.parametrize("problem", Feed.Problem.values)
    def test_every_cause_of_unknown_comes_with_what_to_do(self, as_viewer, customers, problem):
        Customer.objects.filter(pk=customers[0].pk).update(health=State.UNKNOWN, unknown_because=problem)
        advice = page(as_viewer, "customer_page", customers[0]).context["advice"]
        assert advice.title == Feed.Problem(problem).label
        assert len(str(advice.text)) > 40

    def test_a_stale_reading_names_the_problem_behind_it(self, as_viewer, customers):
        Customer.objects.filter(pk=customers[0].pk).update(health=State.HEALTHY)
        Feed.objects.filter(customer=customers[0]).update(problem="UNAVAILABLE", problem_detail="503 from Graph")
        response = page(as_viewer, "customer_page", customers[0])
        assert response.context["advice"].title == "Microsoft can't be reached"
        assert b"503 from Graph" in response.content

    def test_a_healthy_customer_gets_no_advice_and_a_paused_one_says_so(self, as_viewer, global_connection):
        customer = make(1, connection=global_connection)[0]
        assert page(as_viewer, "customer_page", customer).context["advice"] is None
        Connection.objects.update(is_paused=True)
        assert "paused" in str(page(as_viewer, "customer_page", customer).context["advice"].text)

    def test_a_gone_customer_is_still_there_and_says_so(self, as_viewer):
        customer = make(1, gone_at=timezone.now())[0]
        assert b"No longer our customer" in page(as_viewer, "customer_page", customer).content

    def test_an_unknown_customer_and_a_person_without_role_are_refused(self, as_viewer, as_nobody):
        assert as_viewer.get(f"/customers/{uuid4()}/").status_code == 404
        assert page(as_nobody, "customer_page", make(1)[0]).status_code == 403


class TestServices:
    def test_links_open_in_a_new_tab_without_telling_where_from(self, as_viewer):
        customer = make(1)[0]
        content = page(as_viewer, "customer_services", customer).content.decode()
        link = (
            f'href="https://security.microsoft.com/?tid={customer.tenant_id}" target="_blank" rel="noopener noreferrer"'
        )
        assert link in content
        assert "your own rights apply" in content

    def test_a_link_that_can_not_work_says_why_instead(self, as_viewer):
        customer = make(1)[0]
        Customer.objects.update(initial_domain="")
        content = page(as_viewer, "customer_services", customer).content.decode()
        assert 'aria-disabled="true"' in content
        assert "initial domain" in content

    def test_a_search_narrows_the_list(self, as_viewer):
        address = reverse("customers:customer_services", args=[make(1)[0].tenant_id])
        response = as_viewer.get(address, {"q": "teams"}, headers={"HX-Request": "true"})
        assert [p.title for group in response.context["groups"] for p in group.portals] == ["Teams admin center"]
        assert b"No admin portal has this name" in as_viewer.get(address, {"q": "zebra"}).content


class TestChanges:
    def tag(self, client, customer, tags, **headers):
        return client.post(
            reverse("customers:customer_tags", args=[customer.tenant_id]), {"tags": tags}, headers=headers
        )

    def read(self, client, customer):
        address = reverse("customers:customer_read_again", args=[customer.tenant_id])
        return client.post(address, headers={"HX-Request": "true"})

    def test_tags_are_kept_once_each_whatever_their_case(self, as_agent):
        customer = make(1)[0]
        assert self.tag(as_agent, customer, " gold,  North  west , GOLD,,、Ä ").status_code == 302
        customer.refresh_from_db()
        assert customer.tags == ["gold", "North west", "Ä"]

    @pytest.mark.parametrize("tags", ["x" * 41, ",".join(f"t{n}" for n in range(21))])
    def test_too_long_or_too_many_tags_are_refused_with_what_was_typed(self, as_agent, tags):
        customer = make(1, tags=["old"])[0]
        response = self.tag(as_agent, customer, tags, **{"HX-Request": "true"})
        assert tags.encode() in response.content
        assert b"is-invalid" in response.content
        customer.refresh_from_db()
        assert customer.tags == ["old"]

    def test_a_viewer_may_change_nothing(self, as_viewer):
        customer = make(1)[0]
        assert self.tag(as_viewer, customer, "gold").status_code == 403
        assert self.read(as_viewer, customer).status_code == 403
        assert b"Read again now" not in page(as_viewer, "customer_page", customer).content

    def test_reading_again_makes_every_feed_due_and_says_so(self, as_agent, global_connection):
        customer = make(1, connection=global_connection)[0]
        response = self.read(as_agent, customer)
        assert b"It is read again now" in response.content
        assert Feed.objects.filter(customer=customer, due_at__lte=timezone.now()).count() == len(Feed.Kind.values)

    def test_a_pause_that_microsoft_asked_for_is_kept(self, as_agent, global_connection):
        customer = make(1, connection=global_connection)[0]
        Feed.objects.filter(kind=Feed.Kind.HEALTH).update(problem="THROTTLED")
        response = self.read(as_agent, customer)
        assert b"Microsoft asked for a pause" in response.content
        due = Feed.objects.filter(customer=customer, due_at__lte=timezone.now())
        assert list(due.values_list("kind", flat=True)) == ["LINKS"]

    @pytest.mark.parametrize(
        ("changes", "said"),
        [({"connection": None}, b"no connection"), ({"gone_at": timezone.now()}, b"no longer lists")],
    )
    def test_what_can_not_be_read_says_why(self, as_agent, global_connection, changes, said):
        customer = make(1, **{"connection": global_connection, **changes})[0]
        assert said in self.read(as_agent, customer).content
        assert not Feed.objects.filter(due_at__lte=timezone.now()).exists()
