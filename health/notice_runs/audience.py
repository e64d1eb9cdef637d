"""Whom a run would reach now, and why others are left out."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from csp_portal.accounts.models import User
from customers.access import visible_customers
from customers.groups import in_any, without
from customers.models import Contact, Customer
from customers.models.customer import CustomerQuerySet
from health.models import Exposure, Notice, NoticeRun


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """`contacts` get a mail; the rest of the contacts do not, for the first reason that holds."""

    customers: int
    unreached: int  # customers none of whose contacts gets a mail or has got it
    contacts: int
    told: int
    opted_out: int
    bounced: int
    uninterested: int
    languages: tuple[str, ...]


def customers_of(run: NoticeRun, *, viewer: User) -> CustomerQuerySet:
    """The customers that the run is for, of those that both its author and the viewer may see."""
    found = visible_customers(run.author).current()
    if viewer.sees != User.Sees.ALL:
        found = found.filter(pk__in=visible_customers(viewer).order_by().values("pk"))
    if run.cloud:
        found = found.filter(cloud=run.cloud)
    if run.issue_id and run.audience != NoticeRun.Audience.ALL:
        hits = Exposure.objects.filter(issue=run.issue_id, customer=OuterRef("pk"))
        found = found.filter(Exists(hits.open() if run.audience == NoticeRun.Audience.EXPOSED else hits))
    if run.tiers:
        found = found.filter(tier__in=run.tiers)
    groups_in, groups_out = list(run.groups_in.all()), list(run.groups_out.all())
    if groups_in:
        found = found.filter(in_any(groups_in))
    return without(found, groups_out) if groups_out else found


def contacts_of(run: NoticeRun, *, viewer: User) -> QuerySet[Any]:
    """The contacts that get a mail, if the run were approved now."""
    return _with_told(run, viewer=viewer).filter(_ready(run), is_told=False)


def reach_of(run: NoticeRun, *, viewer: User) -> Reach:
    rows, ready = _with_told(run, viewer=viewer), _ready(run)
    interested = Q(is_told=False, wants__contains=[run.topic])
    counts = rows.aggregate(
        contacts=Count("pk", filter=ready & Q(is_told=False)),
        told=Count("pk", filter=Q(is_told=True)),
        uninterested=Count("pk", filter=Q(is_told=False) & ~Q(wants__contains=[run.topic])),
        opted_out=Count("pk", filter=interested & Q(opted_out_at__isnull=False)),
        bounced=Count("pk", filter=interested & Q(opted_out_at__isnull=True, bounced_at__isnull=False)),
    )
    everyone = customers_of(run, viewer=viewer)
    languages = rows.filter(ready, is_told=False).order_by().values_list("language", flat=True).distinct()
    unreached = unreached_by(run, viewer=viewer)
    return Reach(customers=everyone.count(), unreached=unreached.count(), languages=tuple(sorted(languages)), **counts)


def unreached_by(run: NoticeRun, *, viewer: User) -> QuerySet[Customer]:
    """Customers of the audience that nobody would hear of it: call them, or give them a contact."""
    heard = Contact.objects.kept().filter(customer=OuterRef("pk"))
    ready = heard.filter(_ready(run))
    told = Notice.objects.filter(_counts(), customer=OuterRef("pk"), post=run.post_id)
    found = customers_of(run, viewer=viewer).filter(~Exists(ready))
    return found.filter(~Exists(told)) if run.post_id else found


def _with_told(run: NoticeRun, *, viewer: User) -> QuerySet[Any]:
    """Contacts of the audience with `is_told`: whether they have been told of this very post by whatever run."""
    inside = customers_of(run, viewer=viewer).order_by().values("pk")
    told = Notice.objects.filter(_counts(), contact=OuterRef("pk"))
    told = told.filter(post=run.post_id) if run.post_id else told.filter(run=run.pk)
    found: QuerySet[Any] = Contact.objects.kept().filter(customer__in=inside).annotate(is_told=Exists(told))
    return found


def _counts() -> Q:
    return ~Q(state=Notice.State.CANCELED)


def _ready(run: NoticeRun) -> Q:
    return Q(wants__contains=[run.topic], opted_out_at__isnull=True, bounced_at__isnull=True)
