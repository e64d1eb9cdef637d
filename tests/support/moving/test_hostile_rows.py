"""What stands in somebody else's file does nothing here: no formula runs, no markup is drawn, nobody sees more."""

import csv

import pytest
from django.test import Client

from csp_portal.accounts.models import User
from customers.models import Customer, CustomerGroup
from support.models import Queue, Ticket
from tests.rights.conftest import give_scope
from tests.support.moving.test_importing import bring

HEADER = "id,customer,subject,text,requester name,requester email,tags,status,created at\n"
FORMULAS = ['=HYPERLINK("https://evil.example";"Open")', "+1+1", "-2+3", "@SUM(1;2)", "＝1+1", "\t=1+1"]
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script><a href='javascript:alert(3)'>x</a>"


def cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def row(number: int, customer: str, subject: str, *, text: str = "Help") -> str:
    cells = [str(number), customer, cell(subject), cell(text), cell(subject), "kim@contoso.example", cell(subject)]
    return ",".join([*cells, "open", "2026-01-05"]) + "\n"


@pytest.mark.django_db
def test_no_imported_formula_runs_in_a_file_of_ours(
    as_owner: Client, owner: User, contoso: Customer, queue: Queue
) -> None:
    rows = "".join(row(number, "contoso.example", formula) for number, formula in enumerate(FORMULAS))
    job = bring((HEADER + rows).encode(), queue, owner)
    assert Ticket.objects.count() == len(FORMULAS), [*job.rows.values_list("problem", flat=True)]
    for address in ("/tickets/export.csv?state=all", f"/settings/desk/import/{job.pk}/result.csv"):
        answer = as_owner.get(address)
        text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # a stream
        cells = [one for line in csv.reader(text.splitlines()) for one in line]
        assert len(cells) > len(FORMULAS)
        assert not [one for one in cells if one.startswith(("=", "+", "@", "\t", "＝", "-2"))], address


@pytest.mark.django_db
def test_imported_markup_is_shown_as_it_was_written(
    as_owner: Client, owner: User, contoso: Customer, queue: Queue
) -> None:
    bring((HEADER + row(1, "contoso.example", "Bold <img src=x onerror=alert(1)>", text=MARKUP)).encode(), queue, owner)
    number = Ticket.objects.get().pk
    for address in (f"/tickets/{number}/", "/tickets/?state=all", "/tickets/?q=bold", f"/tickets/{number}/related/"):
        shown = as_owner.get(address).content.decode()
        assert "<img src=x" not in shown and "<script>alert" not in shown, address
        assert "href='javascript:" not in shown and 'href="javascript:' not in shown, address
    assert "&lt;img src=x onerror" in as_owner.get(f"/tickets/{number}/").content.decode()


@pytest.mark.django_db
def test_of_an_import_each_of_us_sees_the_customers_they_may_see(
    *, as_agent: Client, support_agent: User, owner: User, contoso: Customer, fabrikam: Customer, queue: Queue
) -> None:
    Customer.objects.filter(pk=contoso.pk).update(tags=["north"])
    give_scope(support_agent, User.Sees.ONLY, CustomerGroup.objects.create(name="North", tags=["north"]))
    rows = row(1, "contoso.example", "Ours to see") + row(2, "fabrikam.example", "Theirs alone")
    job = bring((HEADER + rows).encode(), queue, owner)
    ours, theirs = Ticket.objects.get(customer=contoso), Ticket.objects.get(customer=fabrikam)
    shown = as_agent.get("/tickets/?state=all").content.decode()
    assert "Ours to see" in shown and "Theirs alone" not in shown
    assert (as_agent.get(f"/tickets/{ours.pk}/").status_code, as_agent.get(f"/tickets/{theirs.pk}/").status_code) == (
        200,
        404,
    )
    found = as_agent.get("/tickets/?q=alone").content.decode()
    assert "Theirs alone" not in found
    for address, code in (("", 403), (f"{job.pk}/", 403), (f"{job.pk}/result.csv", 404)):
        assert as_agent.get(f"/settings/desk/import/{address}").status_code == code, address
