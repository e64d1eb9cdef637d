"""Puts one thing of each kind into a running portal, and prints where each is shown; `manage.py shell` runs it."""

import json
from datetime import timedelta

from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.calendars.models import Calendar, OpenSpan
from csp_portal.notices.events import raise_event
from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models import Rule, Target
from customers.gdap.orders import NewItem, place_order
from customers.models import Contact, Customer, CustomerGroup, Order, Relationship, RoleTemplate
from health.alerts.targets import ask_for_test
from health.models import Issue, Message, Service, Share
from health.notice_runs.drafts import draft_from_issue
from health.shares.keeping import make_share
from health.suspicions import report
from support.desk import add_note, open_ticket, reply
from support.knowledge.writing import wish, write
from support.models import Channel, Habit, Queue
from support.values import NewTicket

now = timezone.now()
owner = User.objects.get(email="owner@partner.example")
hit = Issue.objects.filter(is_resolved=False, exposures__cleared_at__isnull=True).order_by("-exposed_customers")[0]
customer = Customer.objects.filter(exposures__issue=hit).order_by("pk")[0]

office = Calendar.objects.create(name="Night shift", zone="Asia/Taipei")
OpenSpan.objects.create(calendar=office, weekday=0, begins=540, ends=1080)
group = CustomerGroup.objects.create(name="Watched closely")
group.added.set([customer])
contact = Contact.objects.create(
    customer=customer, name="Kim", address="night.shift@customer.example", language="en", wants=["INCIDENTS"]
)
target = Target.objects.create(name="Night shift", way=Target.Way.MAIL, addresses=["oncall@partner.example"])
rule = Rule.objects.create(name="Night shift", kinds=[EventKind.ISSUE_OPENED], hours=office)
rule.targets.add(target)
raise_event(
    EventKind.ACCESS_LOST,
    key=f"things/{customer.pk}",
    severity=Severity.WARNING,
    facts={"title": customer.name, "path": f"/customers/{customer.tenant_id}/"},
    now=now,
    customers=[customer],
)
delivery = ask_for_test(target, by=owner, now=now)
run = draft_from_issue(hit, by=owner, now=now)
share, _token = make_share(
    owner, kind=Share.Kind.WALLBOARD, name="Wall", language="en", lifetime=timedelta(days=7), now=now
)
service = Service.objects.filter(cloud=hit.cloud).order_by("name")[0]
suspicion = report(service, seen="No mail since nine", customers=[customer], by=owner, now=now)
new = NewTicket(
    subject="No mail since nine",
    text="Nothing comes in.",
    quoted="> earlier words",
    queue=Queue.objects.order_by("pk")[0],
    channel=Channel.MAIL,
    customer=customer,
    requester_name="Kim",
    requester_address="night.shift@customer.example",
)
ticket = open_ticket(new, by=None, now=now)
add_note(ticket.pk, text="Seen at others as well", by=owner, now=now)
reply(ticket.pk, text="We look into it.", to=["night.shift@customer.example"], by=owner, now=now, undo_seconds=3600)
steps = {"title": "Outlook asks again", "family": "", "service_name": "", "kind": "", "words": "outlook password"}
runbook = write(None, values={**steps, "steps": "1. Ask **since when**.", "language": "en"}, by=owner, now=now)
wish(runbook, text="Name the new portal.", by=owner, now=now)
Habit.objects.create(
    customer=customer,
    kind="TECHNICAL",
    word="password",
    count=3,
    reopened=0,
    known=0,
    numbers=[ticket.pk],
    rate=3.0,
    similar=9,
    similar_rate=1.0,
    excess=2,
    help="SERVICE",
    advice="sign-in",
    round=1,
)
granted = Relationship.objects.filter(status="active", customer__isnull=False).order_by("pk")[0]
order = place_order(
    Order.Action.TERMINATE,
    items=[NewItem(connection=granted.connection, customer=granted.customer, relationship=granted)],
    by=owner,
    reason="To be looked at",
    parameters={},
    now=now,
)
template = RoleTemplate.objects.create(connection=granted.connection, name="Night shift")
found = {
    "RUN": f"/notice-runs/{run.pk}/",
    "RULE": f"/settings/alerts/rules/{rule.pk}/",
    "TARGET": f"/settings/alerts/targets/{target.pk}/",
    "DELIVERY": f"/settings/alerts/deliveries/{delivery.pk}/",
    "CALENDAR": f"/settings/calendars/{office.pk}/",
    "GROUP": f"/settings/groups/{group.pk}/",
    "CONTACT": f"/customers/{customer.tenant_id}/contacts/{contact.pk}/",
    "HIT": f"/customers/{customer.tenant_id}/",
    "SUSPICION": f"/suspicions/{suspicion.pk}/",
    "TICKET": f"/tickets/{ticket.pk}/",
    "RUNBOOK": f"/desk/runbooks/{runbook.pk}/",
    "ORDER": f"/delegated-access/orders/{order.pk}/",
    "ABLE": f"/delegated-access/capabilities/{granted.customer.tenant_id}/",
    "TELL": f"/delegated-access/tell/{granted.customer.tenant_id}/",
    "GRANT": f"/delegated-access/relationships/{granted.pk}/",
    "CALLS": f"/issues/{hit.cloud}/{hit.microsoft_id}/calls/",
    "TEMPLATE": f"/delegated-access/role-templates/{template.pk}/",
}
message = Message.objects.order_by("pk").first()
if message is not None:
    found["MESSAGE"] = f"/messages/{message.pk}/"
print(json.dumps(found))
