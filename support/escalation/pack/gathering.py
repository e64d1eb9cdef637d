"""What the portal knows of an escalation, as lines of plain text in sections; nothing is masked here yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import override

from customers.gdap.rows import holders_of, role_names, words_of
from customers.models import Customer, Relationship
from support.escalation.baseline import checklists_of
from support.escalation.pack.identifiers import identifiers_in
from support.escalation.values import SEVERITY_WORDS, Filing, description_of
from support.models import CustomerPerson, Entry, Escalation, Severity, TicketChange

MOST_ENTRIES, MOST_RELATIONSHIPS = 200, 50
_KINDS = {Entry.Kind.NOTE: "Internal note", Entry.Kind.REPLY: "Our reply", Entry.Kind.MESSAGE: "Customer"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    title: str
    lines: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """`moment` is the newest fact in it, so that the same facts are the same pack; `contact` is one of ours."""

    title: str
    moment: datetime
    sections: Sequence[Section]
    contact: Section
    names: Sequence[str]
    health: dict[str, Any]


@override("en")
def evidence_of(row: Escalation, *, entries: Iterable[int]) -> Evidence:
    """In English and UTC, which every team at Microsoft reads; `entries` are the keys of those that go along."""
    ticket, form = row.ticket, Filing.from_json(row.form)
    chosen = set(entries)
    said = [entry for entry in extracts_of(row) if entry.pk in chosen]
    events = _events(row)
    texts = [description_of(form), *(entry.text for entry in said), *(entry.quoted for entry in said)]
    sections = [
        Section(title="Identification", lines=_identification(row, form=form)),
        Section(title="Problem", lines=(description_of(form) if row.form else ticket.impact or "-").splitlines()),
        Section(title="Checked by the partner", lines=_checklists(row)),
        Section(title="Service health", lines=_health(row)),
        Section(title="Delegated access", lines=_access(ticket.customer)),
        Section(title="Timeline (UTC)", lines=[f"{utc(at)}  {what}" for at, what in events]),
        Section(title="Correlation and request IDs", lines=identifiers_in("\n".join(texts)) or ["none named"]),
        Section(title="From the ticket", lines=_said(said)),
    ]
    return Evidence(
        title=f"Evidence pack: ticket #{ticket.pk}, escalation {row.escalation_no}",
        moment=max(at for at, _what in events),
        sections=sections,
        contact=Section(title="Partner's contact", lines=_contact(form)),
        names=_names(row, said=said),
        health=_raw_health(row),
    )


def extracts_of(row: Escalation) -> list[Entry]:
    """What was said last about the ticket, oldest first; Microsoft's own words are known to it."""
    return list(_extracts(row).select_related("author").order_by("-at", "-pk")[:MOST_ENTRIES])[::-1]


def left_out(row: Escalation, *, shown: int) -> int:
    """How many older entries of the ticket can't go along."""
    return _extracts(row).count() - shown if shown == MOST_ENTRIES else 0


def _extracts(row: Escalation) -> QuerySet[Entry]:
    return Entry.objects.filter(ticket=row.ticket, undone_at=None).exclude(kind=Entry.Kind.MICROSOFT)


def utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _identification(row: Escalation, *, form: Filing) -> list[str]:
    ticket, customer = row.ticket, row.ticket.customer
    facts = {
        "Ticket": f"#{ticket.pk}, escalation {row.escalation_no}",
        "Microsoft's number": row.microsoft_number,
        "Customer": customer.name if customer else "",
        "Tenant ID": str(customer.tenant_id) if customer else "",
        "Domain": customer.domain if customer else "",
        "Initial domain": customer.initial_domain if customer else "",
        "Cloud": row.cloud,
        "Product": row.product,
        "Service": ticket.service.name if ticket.service else "",
        "Kind": row.kind,
        "Severity": SEVERITY_WORDS.get(Severity(row.severity), row.severity) if row.severity else "",
        "Business impact": " ".join((form.impact or ticket.impact).split()),
        "Bought through": row.purchase,
        "Support plan": row.plan,
        "Subscription": form.subscription_id,
        "Resource": form.resource_id,
        "Why it went on": row.override_reason,
    }
    return [f"{name}: {value}" for name, value in facts.items() if value]


def _checklists(row: Escalation) -> list[str]:
    lines = []
    for checklist in checklists_of(row.ticket):
        lines.append(f"{checklist.baseline.get_area_display()}, version {checklist.baseline.version}")
        for item in checklist.items:
            words = item.texts.get("en", "")
            if item.tick:
                lines.append(f"[x] {words}")
                lines += [f"    {line}" for line in item.tick.evidence.splitlines()]
            else:
                lines.append(f"[ ] {words}")
    return lines or ["There is no checklist for this product."]


def _health(row: Escalation) -> list[str]:
    check = row.health_check
    if check is None or check.read_at is None:
        return ["Not read before this escalation."]
    lines = [f"Read from Microsoft at {utc(check.read_at)} UTC, asked for at {utc(check.asked_at)} UTC."]
    lines += [f"Service {_plain(one)}" for one in check.services]
    lines += [f"Active issue {_plain(one)}" for one in check.issues]
    return lines if check.issues else [*lines, "No active issue was reported."]


def _plain(fact: Any) -> str:
    if isinstance(fact, dict):
        known = [name for name in sorted(fact) if fact[name] not in ("", None, [], {})]
        return ", ".join(f"{name}: {_plain(fact[name])}" for name in known)
    return str(fact)


def _raw_health(row: Escalation) -> dict[str, Any]:
    """The health check as it was kept, Microsoft's issues raw."""
    check = row.health_check
    if check is None or check.read_at is None:
        return {}
    return {"read_at": utc(check.read_at), "services": check.services, "issues": check.issues, "feed": check.feed}


def _access(customer: Customer | None) -> list[str]:
    if customer is None:
        return ["The customer is not known."]
    found = Relationship.objects.filter(customer=customer, gone_at=None, status=Relationship.Status.ACTIVE)
    relationships = list(found.order_by("ends_at", "pk")[:MOST_RELATIONSHIPS])
    names = role_names()
    holders = holders_of(relationships, names=names)
    lines = []
    for one in relationships:
        ends = f", ends {utc(one.ends_at)}" if one.ends_at else ""
        lines.append(f"Relationship {one.name} ({one.microsoft_id}), {one.status}{ends}")
        lines.append(f"    Roles: {', '.join(words_of(one.role_ids, names=names)) or '-'}")
        for holder in holders[one.pk]:
            lines.append(f"    Group {holder.name}: {', '.join(holder.roles)} ({holder.assignment.status})")
    return lines or ["No active relationship is known."]


def _events(row: Escalation) -> list[tuple[datetime, str]]:
    """What happened when, the ticket's first word at least."""
    ticket, check = row.ticket, row.health_check
    moments: list[tuple[datetime | None, str]] = [
        (ticket.created_at, "Ticket opened"),
        (ticket.first_answered_at, "First answer to the customer"),
        (check.read_at if check else None, "Service health checked"),
        (row.created_at, "Escalation begun"),
        (row.filed_at, f"Filed with Microsoft as {row.microsoft_number}"),
    ]
    changes = TicketChange.objects.filter(ticket=ticket, field__in=["status", "severity"]).order_by("at", "pk")
    moments += [(one.at, f"{one.field.capitalize()}: {one.before} -> {one.after}") for one in changes[:MOST_ENTRIES]]
    return sorted((at, what) for at, what in moments if at is not None)


def _said(entries: Sequence[Entry]) -> list[str]:
    lines = []
    for entry in entries:
        who = _KINDS.get(Entry.Kind(entry.kind), entry.kind)
        lines += [f"--- {utc(entry.at)} UTC, {who}", *entry.text.splitlines(), ""]
    return lines[:-1] or ["Nothing was chosen."]


def _contact(form: Filing) -> list[str]:
    known = (f"{form.first_name} {form.last_name}".strip(), form.address, form.phone, form.time_zone, form.country)
    return [one for one in known if one] if form.address else ["Not named yet."]


def _names(row: Escalation, *, said: Sequence[Entry]) -> list[str]:
    """People of the customer's whom we know by name, the longest first, so that no name hides a part of another."""
    ticket, customer = row.ticket, row.ticket.customer
    known = {ticket.requester_name, *(entry.sender_name for entry in said if entry.author_id is None)}
    if customer is not None:
        known.update(customer.contacts.values_list("name", flat=True))
        known.update(CustomerPerson.objects.filter(customer=customer).values_list("name", flat=True))
    return sorted({" ".join(name.split()) for name in known if len(name.strip()) > 1}, key=lambda one: (-len(one), one))
