"""Suspected incidents that tickets raise: several customers ask about one service, and Microsoft is silent."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from customers.models import Customer
from health.models import Exposure, Service, Suspicion
from health.suspicions import report
from support.changes import apply, locked
from support.known.matching import Active, Asked, best_matches
from support.known.suggesting import JUST_CLEARED, as_active
from support.known.vocabulary import KNOWN_WORDS, meanings_of, services_meant
from support.models import Channel, Entry, Kind, SuspicionRule, Ticket, TicketChange

EVERY = timedelta(minutes=1)
# A suspicion that is older takes in no further tickets: what comes then is something new.
JOINS = timedelta(hours=24)
MOST = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """One ticket, what it says, and the service that it is about."""

    ticket: Ticket
    customer: Customer
    text: str
    service: Service


def suspect_due(*, now: datetime) -> int:
    """Look at the newest tickets where that is due; returns how many suspicions were raised. Two workers may do it."""
    with transaction.atomic():
        general = SuspicionRule.objects.select_for_update(skip_locked=True).filter(service_name="", due_at__lte=now)
        rule = general.first()
        if rule is None:
            return 0
        rule.due_at = now + EVERY
        rule.save(update_fields=["due_at"])
        _link_confirmed(now=now)
        return _suspect(now=now)


def _suspect(*, now: datetime) -> int:
    rules = {rule.service_name: rule for rule in SuspicionRule.objects.all()}
    since = now - timedelta(minutes=max(rule.minutes for rule in rules.values()))
    groups: dict[int, list[Voice]] = defaultdict(list)
    for voice in _voices(since=since, now=now):
        groups[voice.service.pk].append(voice)
    raised = 0
    for voices in groups.values():
        rule = rules.get(voices[0].service.name, rules[""])
        if rule.is_on:
            raised += _weigh(voices, rule=rule, now=now)
    return raised


def _weigh(voices: Sequence[Voice], *, rule: SuspicionRule, now: datetime) -> bool:
    service = voices[0].service
    running = Suspicion.objects.filter(service=service, outcome=Suspicion.Outcome.OPEN, reported_at__gte=now - JOINS)
    suspicion = running.order_by("-reported_at", "-pk").first()
    since = now - timedelta(minutes=rule.minutes)
    fresh = [voice for voice in voices if voice.ticket.created_at >= since]
    if suspicion is None and not _are_enough(fresh, rule=rule):
        return False
    told = _unexplained(fresh, now=now)
    if not told or (suspicion is None and not _are_enough(told, rule=rule)):
        return False
    of_whom = {voice.customer.pk: voice.customer for voice in told}
    is_new = suspicion is None
    if suspicion is None:
        evidence = evidence_of(told, now=now)
        suspicion = report(service, seen="", customers=list(of_whom.values()), by=None, now=now, evidence=evidence)
    else:
        suspicion.customers.add(*of_whom)
    for voice in sorted(told, key=lambda voice: voice.ticket.pk):
        _join(voice.ticket.pk, suspicion, now=now)
    return is_new


def _are_enough(voices: Sequence[Voice], *, rule: SuspicionRule) -> bool:
    return len(voices) >= rule.tickets and len({voice.customer.pk for voice in voices}) >= rule.customers


def evidence_of(voices: Sequence[Voice], *, now: datetime) -> dict[str, object]:
    """Why it was raised, in numbers and in words of our own vocabulary that several customers used: never in theirs."""
    said = Counter(word for words in _words_by_customer(voices).values() for word in words)
    shared = sorted((word for word, count in said.items() if count > 1), key=lambda word: (-said[word], word))
    first = min(voice.ticket.created_at for voice in voices)
    return {
        "tickets": len(voices),
        "customers": len({voice.customer.pk for voice in voices}),
        "minutes": max(1, round((now - first).total_seconds() / 60)),
        "words": shared[:5],
    }


def _words_by_customer(voices: Iterable[Voice]) -> Mapping[int, set[str]]:
    words: dict[int, set[str]] = defaultdict(set)
    for voice in voices:
        words[voice.customer.pk] |= meanings_of(voice.text) & KNOWN_WORDS
    return words


def _voices(*, since: datetime, now: datetime) -> list[Voice]:
    """Open technical tickets of customers, not linked with anything, whose service is named or surely meant."""
    rows = Ticket.objects.unended().filter(created_at__gte=since, created_at__lte=now, kind=Kind.TECHNICAL)
    rows = rows.filter(customer__isnull=False, issue=None, suspicion=None, merged_into=None)
    rows = rows.exclude(channel=Channel.IMPORT).select_related("customer", "service").order_by("-created_at", "-pk")
    tickets = list(rows[:MOST])
    texts = _first_words(tickets)
    services = list(Service.objects.order_by("pk")) if tickets else []
    voices = []
    for ticket in tickets:
        text = f"{ticket.subject}\n{ticket.impact}\n{texts.get(ticket.pk, '')}"
        service = ticket.service or _service_meant(text, ticket=ticket, services=services)
        if service and ticket.customer:
            voices.append(Voice(ticket=ticket, customer=ticket.customer, text=text, service=service))
    return voices


def _first_words(tickets: Sequence[Ticket]) -> dict[int, str]:
    said = Entry.objects.public().filter(ticket__in=tickets, kind=Entry.Kind.MESSAGE)
    return dict(said.order_by("ticket_id", "-at", "-pk").values_list("ticket_id", "text"))


def _service_meant(text: str, *, ticket: Ticket, services: Sequence[Service]) -> Service | None:
    """The one service of the customer's cloud that the words surely mean; None where they mean several or none."""
    meant = services_meant(text, surely=True)
    cloud = ticket.customer.cloud if ticket.customer else ""
    found = [row for row in services if row.cloud == cloud and any(part in row.name.casefold() for part in meant)]
    return min(found, key=lambda row: (len(row.name), row.pk)) if len(meant) == 1 and found else None


def _unexplained(voices: Sequence[Voice], *, now: datetime) -> list[Voice]:
    """Those behind which no issue of Microsoft's is likely that hits the very customer."""
    active: dict[int, list[Active]] = defaultdict(list)
    still = Q(cleared_at__isnull=True) | Q(cleared_at__gte=now - JUST_CLEARED)
    rows = Exposure.objects.filter(still, customer__in={voice.customer.pk for voice in voices})
    for exposure in rows.select_related("issue").order_by("-first_seen_at", "-pk"):
        active[exposure.customer_id].append(as_active(exposure.issue))
    return [voice for voice in voices if not best_matches(_asked(voice), active[voice.customer.pk])]


def _asked(voice: Voice) -> Asked:
    return Asked(text=voice.text, service_name=voice.service.name, at=voice.ticket.created_at)


def _join(number: int, suspicion: Suspicion, *, now: datetime) -> None:
    ticket = locked(number)
    if ticket.suspicion is None and ticket.issue is None:
        apply(ticket, values={"suspicion": suspicion}, by=None, now=now, because="suspected")


def _link_confirmed(*, now: datetime) -> None:
    """Tickets of a suspicion that was Microsoft's issue are linked with it, where it hits their customer.

    Once: who takes the link away again has decided.
    """
    hit = Exposure.objects.filter(issue=OuterRef("suspicion__issue"), customer=OuterRef("customer"))
    decided = TicketChange.objects.filter(ticket=OuterRef("pk"), field="issue")
    waiting = Ticket.objects.unended().filter(
        ~Exists(decided), Exists(hit), suspicion__outcome=Suspicion.Outcome.MERGED, issue=None
    )
    for number in list(waiting.order_by("pk").values_list("pk", flat=True)[:MOST]):
        ticket = locked(number)
        if ticket.suspicion and ticket.issue is None:
            ticket.heard_post, ticket.heard_end = None, False
            values = {"issue": ticket.suspicion.issue, "follows_issue": True}
            apply(ticket, values=values, by=None, now=now, because="confirmed")
