"""The pages of runs: drafted from Microsoft's words, approved by a second person, followed to the end."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import ApiToken, User
from csp_portal.audit.models import Entry
from customers.models import Contact, CustomerGroup
from health.models import Notice, NoticeRun, NoticeTemplate, Post
from health.notice_runs.audience import reach_of
from tests.notice_runs.conftest import go_ahead, make_agent, send
from tests.rights.conftest import give_scope, make_connection, make_customer, make_issue


def address_of(run, step=""):
    return f"/notice-runs/{run.pk}/{f'steps/{step}/' if step else ''}"


def told(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def edited(run, **changes):
    texts = {text.language: text for text in run.texts.all()}
    words = {f"{part}_{code.replace('-', '_')}": getattr(row, part) for code, row in texts.items() for part in PARTS}
    facts = {"topic": run.topic, "audience": run.audience, "per_minute": run.per_minute, "edition": run.edition}
    return {**facts, **words, **changes}


PARTS = ("subject", "text")


def test_from_the_issue_to_the_mail_with_two_people(issue, author, approver, signed_in):
    write, agree = signed_in(author), signed_in(approver)
    page = write.post("/issues/global/EX1/notice-run/", follow=True)
    run = NoticeRun.objects.get()
    assert "We roll back." in told(page)
    assert "Exchange Online: a problem at Microsoft" in told(page)

    write.post(address_of(run, "ask"), {"edition": 1})
    assert "Somebody else has to approve it" in told(write.get(address_of(run)))
    assert "Approve and send 6 mails" in told(agree.get(address_of(run)))
    answer = agree.post(address_of(run, "approve"), {"edition": 1, "contacts": 6}, follow=True)
    assert "Approved: 6 mails leave now." in told(answer)
    send()

    assert len(mail.outbox) == 6
    assert "6 of 6 are through" in told(agree.get(address_of(run)))
    actions = list(Entry.objects.order_by("number").values_list("action", flat=True))
    assert actions == ["notice_run.drafted", "notice_run.approval_asked", "notice_run.approved"]


def test_neither_the_author_nor_who_changed_it_last_approves(draft, author, approver, signed_in):
    change, run = signed_in(approver), draft
    change.post(f"{address_of(run)}edit/", edited(run, subject_en="Mail is late"))
    run.refresh_from_db()
    signed_in(author).post(address_of(run, "ask"), {"edition": run.edition})
    for person in (author, approver):
        answer = signed_in(person).post(
            address_of(run, "approve"), {"edition": run.edition, "contacts": 6}, follow=True
        )
        assert "Somebody else has to approve it." in told(answer)
    signed_in(make_agent()).post(address_of(run, "approve"), {"edition": run.edition, "contacts": 6})

    run.refresh_from_db()
    assert (run.editor, run.state) == (approver, "APPROVED")


def test_a_change_takes_the_question_for_approval_back(draft, author, approver, signed_in):
    client = signed_in(author)
    client.post(address_of(draft, "ask"), {"edition": 1})
    client.post(f"{address_of(draft)}edit/", edited(draft, subject_en="Other words"))
    answer = signed_in(approver).post(address_of(draft, "approve"), {"edition": 1, "contacts": 6}, follow=True)

    draft.refresh_from_db()
    assert (draft.state, draft.asked_at) == ("DRAFT", None)
    assert "Meanwhile the run is in the state" in told(answer)


def test_two_who_write_at_once_do_not_overwrite_each_other(draft, author, approver, signed_in):
    signed_in(author).post(f"{address_of(draft)}edit/", edited(draft, subject_en="First"))
    answer = signed_in(approver).post(f"{address_of(draft)}edit/", edited(draft, subject_en="Second"))

    assert "Somebody changed this run meanwhile" in told(answer)
    assert draft.texts.get(language="en").subject == "First"


def test_who_approves_what_has_grown_meanwhile_is_asked_to_look_again(draft, author, approver, signed_in):
    signed_in(author).post(address_of(draft, "ask"), {"edition": 1})
    answer = signed_in(approver).post(address_of(draft, "approve"), {"edition": 1, "contacts": 5}, follow=True)

    assert "6 contacts, not 5 as you saw" in told(answer)
    assert not Notice.objects.exists()


@pytest.mark.parametrize("words", ["{{ customer.password }}", "{% include 'x' %}", "{{ customer.name|upper }}", "{{ "])
def test_a_variable_that_nobody_knows_is_not_saved(draft, author, signed_in, words):
    answer = signed_in(author).post(f"{address_of(draft)}edit/", edited(draft, text_en=f"Hello {words}"))

    assert "is no variable of notices" in told(answer)
    draft.refresh_from_db()
    assert draft.edition == 1


def test_a_run_to_many_customers_asks_the_approver_who_they_are(issue, draft, author, approver, signed_in):
    connection = make_connection("Other")
    more = [make_customer(f"More{n}", connection=connection) for n in range(6)]
    make_issue("EX9", hits=more)
    issue.exposures.bulk_create(
        type(issue.exposures.first())(
            issue=issue, customer=row, first_seen_at=row.created_at, last_seen_at=row.created_at
        )
        for row in more
    )
    signed_in(author).post(address_of(draft, "ask"), {"edition": 1})
    old = signed_in(approver, proofs=({"method": "password", "at": 1_000_000_000.0},))
    assert old.post(address_of(draft, "approve"), {"edition": 1, "contacts": 12}).status_code == 403
    signed_in(approver).post(address_of(draft, "approve"), {"edition": 1, "contacts": 12})

    draft.refresh_from_db()
    assert draft.state == "APPROVED"


def test_the_audience_is_who_is_hit_wants_it_and_can_be_reached(draft, author, signed_in):
    contacts = {contact.customer.name: contact for contact in Contact.objects.select_related("customer")}
    now = timezone.now()
    Contact.objects.filter(pk=contacts["Adatum"].pk).update(opted_out_at=now)
    Contact.objects.filter(pk=contacts["Bellows"].pk).update(bounced_at=now)
    Contact.objects.filter(pk=contacts["Contoso"].pk).update(wants=["CHANGES"])
    Contact.objects.filter(pk=contacts["Duwamish"].pk).update(removed_at=now)
    reach = reach_of(draft, viewer=author)

    assert (reach.customers, reach.contacts, reach.unreached) == (6, 2, 4)
    assert (reach.opted_out, reach.bounced, reach.uninterested) == (1, 1, 1)
    assert "4 customers hear nothing" in told(signed_in(author).get(address_of(draft)))


def test_groups_include_and_exclude(draft, author, hit):
    some = CustomerGroup.objects.create(name="Some")
    some.added.set(hit[:3])
    one = CustomerGroup.objects.create(name="One")
    one.added.set(hit[:1])
    draft.groups_in.set([some])
    draft.groups_out.set([one])

    assert reach_of(draft, viewer=author).customers == 2


def test_nobody_writes_to_customers_that_author_or_approver_may_not_see(draft, approver, hit, author):
    north = CustomerGroup.objects.create(name="North")
    north.added.set(hit[:2])
    give_scope(approver, User.Sees.ONLY, north)
    go_ahead(draft, approver=User.objects.get(pk=approver.pk))

    assert sorted(Notice.objects.values_list("customer__name", flat=True)) == ["Adatum", "Bellows"]


def test_who_sees_a_part_neither_ends_nor_discards_what_tells_others(issue, draft, approver, hit, signed_in):
    north = CustomerGroup.objects.create(name="North")
    north.added.set(hit[:1])
    client = signed_in(give_scope(make_agent(), User.Sees.ONLY, north))

    client.post(f"{address_of(draft)}discard/")
    run = go_ahead(NoticeRun.objects.get(), approver=approver)
    client.post(address_of(run, "stop"))
    assert NoticeRun.objects.get().state == NoticeRun.State.STOPPED
    assert "Ask a colleague" in told(client.post(address_of(run, "give-up"), follow=True))
    client.post(address_of(run, "resume"))
    assert NoticeRun.objects.get().state == NoticeRun.State.STOPPED
    assert not Notice.objects.exclude(state=Notice.State.PENDING)


def test_groups_that_an_editor_may_not_know_stay_as_they_were(draft, hit, signed_in):
    north, quiet = CustomerGroup.objects.create(name="North"), CustomerGroup.objects.create(name="Never write")
    north.added.set(hit[:1])
    quiet.added.set(hit[1:3])
    draft.groups_out.add(quiet)
    scoped = signed_in(give_scope(make_agent(), User.Sees.ONLY, north))

    assert "Never write" not in told(scoped.get(f"{address_of(draft)}edit/"))
    scoped.post(f"{address_of(draft)}edit/", edited(draft, per_minute=7))
    draft.refresh_from_db()
    assert (draft.per_minute, list(draft.groups_out.all())) == (7, [quiet])


def test_who_sees_a_part_reads_of_no_other_customer(approved, hit, signed_in):
    north = CustomerGroup.objects.create(name="North")
    north.added.set(hit[:1])
    scoped = give_scope(make_agent(), User.Sees.ONLY, north)
    send()
    client = signed_in(scoped)
    for path in (address_of(approved), "/notice-runs/", f"/customers/{hit[0].tenant_id}/notices/"):
        page = told(client.get(path))
        assert "Fabrikam" not in page and "fabrikam" not in page
    assert "1 of 1 are through" in told(client.get(address_of(approved)))
    export = b"".join(client.get(f"{address_of(approved)}notices.csv").streaming_content).decode()
    assert "adatum" in export
    assert "fabrikam" not in export


def test_the_customers_page_says_who_was_told_what_and_when(approved, hit, as_viewer):
    send()
    page = told(as_viewer.get(f"/customers/{hit[2].tenant_id}/notices/"))

    assert "it@contoso.example" in page
    assert "We roll back." in page
    assert str(approved) in page


def test_our_own_words_are_used_and_unknown_variables_refused(issue, author, as_owner):
    good = {"subject": "{{ issue.service }} hakt", "text": "Hallo {{ contact.name }}"}
    bad = as_owner.post("/settings/notice-texts/FIRST/en/", {**good, "text": "{{ issue.secret }}"})
    assert "is no variable of notices" in told(bad)
    as_owner.post("/settings/notice-texts/FIRST/en/", good)
    as_owner.post("/issues/global/EX1/notice-run/")

    assert NoticeRun.objects.get().texts.get(language="en").subject == "Exchange Online hakt"
    as_owner.post("/settings/notice-texts/FIRST/en/", {"built_in": "1"})
    assert not NoticeTemplate.objects.exists()


def test_what_microsoft_or_a_customer_calls_itself_is_text_and_no_markup(draft, hit, approver):
    hit[0].name = "<script>alert(1)</script> {{ contact.name }}"
    hit[0].save()
    go_ahead(draft, approver=approver)
    send()
    (one,) = [sent for sent in mail.outbox if "adatum" in sent.to[0]]

    assert isinstance(one, mail.EmailMultiAlternatives)
    assert "<script>" not in str(one.alternatives[0][0])
    assert "<script>alert(1)</script> { { contact.name } }" in one.body


def test_a_run_in_our_own_words_reaches_who_wants_its_topic(hit, author, approver, signed_in):
    Contact.objects.filter(address="it@adatum.example").update(wants=["MAINTENANCE"])
    client = signed_in(author)
    client.post("/notice-runs/new/", {"title": "We are closed on Monday", "topic": "MAINTENANCE"})
    run = NoticeRun.objects.get()
    told_words = {"text_en": "Closed.", "text_zh_hant": "休息。"}
    client.post(f"{address_of(run)}edit/", edited(run, **told_words))
    run.refresh_from_db()
    go_ahead(run, approver=approver)
    send()

    assert [sent.to[0] for sent in mail.outbox] == ["IT of Adatum <it@adatum.example>"]


def test_pages_ask_few_statements_however_many_notices(approved, as_viewer, django_assert_max_num_queries):
    send()
    for path in (address_of(approved), "/notice-runs/"):
        as_viewer.get(path)
        with django_assert_max_num_queries(14):
            assert as_viewer.get(path).status_code == 200


def test_the_history_of_a_customer_says_what_it_had_been_told_by_then(approved, hit, as_viewer):
    send()
    soon, before = timezone.now() + timedelta(seconds=1), timezone.now() - timedelta(hours=1)
    Notice.objects.update(sent_at=timezone.now() - timedelta(minutes=1))
    page = f"/customers/{hit[0].tenant_id}/health/history/"

    assert "had been told" in told(as_viewer.get(page, {"at": (soon - timedelta(seconds=2)).isoformat()}))
    assert "had been told" not in told(as_viewer.get(page, {"at": before.isoformat()}))


def test_a_draft_says_that_microsoft_has_posted_since_and_that_it_names_a_customer(draft, issue, author, signed_in):
    now = timezone.now() + timedelta(minutes=1)
    Post.objects.create(issue=issue, posted_at=now, html="Current status: Done.", digest=b"2" * 16, first_seen_at=now)
    draft.texts.filter(language="en").update(text="As with Fabrikam")
    page = told(signed_in(author).get(address_of(draft)))

    assert "Microsoft has posted since this was drafted" in page
    assert "see these names of customers: Fabrikam" in page


def test_programs_read_runs_and_notices_and_add_contacts(approved, hit, support_agent):
    send()
    key = ApiToken.objects.create(user=support_agent, name="Desk", scopes=["READ", "WRITE"])[1]
    client = Client(headers={"Authorization": f"Token {key}"})
    (run,) = client.get("/api/v1/notice-runs/?issue=EX1").json()["results"]
    assert (run["issue"], run["sent"], run["notices"]) == ("EX1", 6, 6)
    (notice,) = client.get(f"/api/v1/notices/?tenant_id={hit[0].tenant_id}").json()["results"]
    assert (notice["address"], notice["state"]) == ("it@adatum.example", "SENT")
    new = {"tenant_id": str(hit[0].tenant_id), "name": "Bo", "address": "BO@adatum.example"}
    made = client.post("/api/v1/contacts/", new, content_type="application/json")
    assert (made.status_code, made.json()["address"]) == (201, "bo@adatum.example")
    assert client.post("/api/v1/contacts/", new, content_type="application/json").status_code == 409


def test_no_notice_can_tell_a_contacts_phone_number(draft, author, signed_in):
    words = edited(draft, text_en="Hello {{ contact.name }}, we call {{ contact.phone }}.")
    answer = signed_in(author).post(f"{address_of(draft)}edit/", words)

    assert "{{ contact.phone }} is no variable of notices" in told(answer)
