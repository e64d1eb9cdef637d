"""Customers from a file: every bad line is named with what to do, and either all lines are stored or none."""

from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from customers.models import Connection, Customer, Feed

A, B = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"


@pytest.fixture
def run(db, tmp_path):
    def run(text, *options):
        path = tmp_path / "customers.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        out = StringIO()
        call_command("import_customers", str(path), *options, stdout=out)
        return out.getvalue()

    return run


def refusal(run, text, *options):
    with pytest.raises(CommandError) as refused:
        run(text, *options)
    assert not Customer.objects.exists()
    return str(refused.value)


def test_name_tenant_domain_and_cloud_are_stored_with_feeds(run):
    run(
        f"name,tenant id,domain,cloud\nContoso,{A},contoso.example,global\n"
        f"Fabrikam,{B},fabrikam.onmicrosoft.us,GCC High\n"
    )
    first, second = Customer.objects.order_by("name")
    assert (first.name, first.tenant_id, first.domain, first.cloud) == ("Contoso", UUID(A), "contoso.example", "global")
    assert (second.cloud, second.initial_domain, second.source) == ("usgov", "fabrikam.onmicrosoft.us", "FILE")
    assert Feed.objects.count() == 2 * len(Feed.Kind.values)


@pytest.mark.parametrize(
    "text",
    [
        f"Customer name;Customer tenant ID;Primary domain name\nContoso;{A};contoso.example\n",
        f"\ufeffDisplay Name\tTenantId\tDomain\r\nContoso\t{A}\tcontoso.example\r\n",
        f'company,id,default_domain\n"Contoso",{A.upper()},Contoso.example\n\n',
        f"客戶,租用戶識別碼,網域\nContoso,{A},contoso.example\n",
    ],
)
def test_headers_and_separators_of_other_tools_are_understood(run, text):
    run(text)
    customer = Customer.objects.get()
    assert (customer.name, customer.tenant_id, customer.domain) == ("Contoso", UUID(A), "contoso.example")


def test_every_bad_line_is_named_and_nothing_is_stored(run):
    text = refusal(
        run,
        f"name,tenant id,domain,cloud\nGood,{A},good.example,\nBad id,123,,\n,{B},,\n"
        f"Twice,{A},,\nDomain,{B[:-1]}3,not a domain,\nCloud,{B[:-1]}4,,moon\n",
    )
    for line in (3, 4, 5, 6, 7):
        assert f"Line {line}:" in text
    assert "Line 2:" not in text
    assert "Nothing was imported" in text
    assert "stands in line 2 already" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Line 1 must name the columns"),
        ("Contoso,abc\n", "Line 1 must name the columns"),
        ("name,tenant id\n", "no customers below its header"),
        (b"name,tenant id\n\xff\xfe", "UTF-8"),
    ],
)
def test_a_file_that_can_not_be_read_says_what_to_do(run, text, said):
    assert said in refusal(run, text)


def test_a_second_run_changes_what_the_file_changed(run):
    run(f"name,tenant id\nContoso,{A}\nFabrikam,{B}\n")
    said = run(f"name,tenant id\nContoso Ltd,{A}\nFabrikam,{B}\n")
    assert "0 added, 1 changed, 1 unchanged" in said
    assert Customer.objects.get(tenant_id=A).name == "Contoso Ltd"


def test_names_that_microsoft_lists_are_left_alone(run):
    Customer.objects.create(tenant_id=A, cloud="global", name="From Microsoft", source="PARTNER_CENTER")
    run(f"name,tenant id\nFrom a file,{A}\n")
    assert Customer.objects.get().name == "From Microsoft"


def test_a_connection_gives_its_cloud_and_refuses_another(run):
    connection = Connection.objects.create(name="Gov", cloud="usgov", partner_tenant_id=A, client_id=B)
    assert "cloud is global" in refusal(run, f"name,tenant id,cloud\nContoso,{A},global\n", "--connection", "Gov")
    run(f"name,tenant id\nContoso,{A}\n", "--connection", "Gov")
    customer = Customer.objects.get()
    assert (customer.connection, customer.cloud) == (connection, "usgov")


def test_an_unknown_connection_is_named_with_those_there_are(run):
    Connection.objects.create(name="Gov", cloud="usgov", partner_tenant_id=A, client_id=B)
    assert "There are: Gov" in refusal(run, f"name,tenant id\nContoso,{A}\n", "--connection", "Gow")


def test_a_connection_given_later_takes_over_customers_that_had_none(run):
    run(f"name,tenant id\nContoso,{A}\n")
    Connection.objects.create(name="Global", cloud="global", partner_tenant_id=A, client_id=B)
    run(f"name,tenant id\nContoso,{A}\n", "--connection", "Global")
    assert Customer.objects.get().connection.name == "Global"


def test_without_a_file_microsoft_is_asked_at_once(connection):
    out = StringIO()
    call_command("import_customers", stdout=out)
    assert "Sandbox: 12 listed by Partner Center; 12 added" in out.getvalue()


def test_without_a_file_a_failure_is_an_error_with_its_reason(connection, sandbox_world):
    sandbox_world.partner.tenant.fail(403)
    err = StringIO()
    with pytest.raises(CommandError):
        call_command("import_customers", stderr=err)
    assert "Sandbox: not imported. No list of customers may be read." in err.getvalue()
