"""Gathers the facts behind the capability matrix: a handful of statements for however many customers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count

from csp_portal.accounts.models import User
from csp_portal.microsoft.clouds import Cloud
from customers.gdap.facts import Facts, Grant, Group, Held, Person
from customers.models import (
    AccessAssignment,
    Connection,
    Customer,
    Feed,
    GdapFeed,
    GroupMember,
    Relationship,
    SecurityGroup,
)

STALE_AFTER = timedelta(days=1)  # a list of relationships that is older says nothing about now
SHUT_OUT = frozenset({Feed.Problem.CONSENT_MISSING.value, Feed.Problem.APP_MISSING.value})
# Refused now, whatever was answered before: then nobody knows whether it is the consent that is lacking.
IN_DOUBT = frozenset({Feed.Problem.FORBIDDEN.value, Feed.Problem.OTHER.value})


def facts_of(customers: Iterable[int], *, now: datetime) -> dict[int, Facts]:
    """The facts of these customers, who are for the caller to have chosen."""
    ids = list(customers)
    rows = list(Customer.objects.filter(pk__in=ids).values_list("pk", "connection", "contract_ends_on", "cloud"))
    connections = {row.pk: row for row in Connection.objects.all()}
    read = _connections_read(now=now)
    grants = grants_of(ids)
    consents = _consents(ids)
    return {
        pk: Facts(
            customer=pk,
            connection=connection,
            has_feature=_has_feature(cloud),
            is_read=connection in read,
            grants=tuple(grants.get(pk, ())),
            contract_ends_on=ends_on,
            signs_in_as_itself=_signs_in_as_itself(connections.get(connection) if connection else None),
            has_consent=consents.get(pk),
        )
        for pk, connection, ends_on, cloud in rows
    }


def person_of(user: User) -> Person:
    """Which security groups this one of us is in; only who signed in with Microsoft is known there."""
    if user.microsoft_object_id is None or user.microsoft_tenant_id is None:
        return Person(group_ids={})
    homes = Connection.objects.filter(partner_tenant_id=user.microsoft_tenant_id).values_list("pk", flat=True)
    found: dict[UUID, set[UUID]] = {pk: set() for pk in homes}
    memberships = GroupMember.objects.filter(
        object_id=user.microsoft_object_id, group__connection__in=found, group__gone_at__isnull=True
    )
    for connection, group_id in memberships.values_list("group__connection", "group__group_id"):
        found[connection].add(group_id)
    return Person(group_ids={pk: frozenset(groups) for pk, groups in found.items()})


def grants_of(customers: Iterable[int]) -> dict[int, list[Grant]]:
    """The relationships of these customers that Microsoft still lists, with who of us holds what."""
    rows = list(Relationship.objects.filter(customer__in=list(customers), gone_at__isnull=True).order_by("-ends_at"))
    held = _held_in([row.pk for row in rows], connections={row.connection_id for row in rows})
    found: dict[int, list[Grant]] = defaultdict(list)
    for row in rows:
        if row.customer_id is not None:
            found[row.customer_id].append(grant_from(row, held=held.get(row.pk, [])))
    return found


def grant_from(row: Relationship, *, held: Iterable[Held]) -> Grant:
    return Grant(
        pk=row.pk,
        name=row.name,
        status=row.status,
        role_ids=frozenset(row.role_ids),
        ends_at=row.ends_at,
        auto_extends=row.auto_extends,
        assignments=tuple(held) if row.parts_read_at is not None else None,
    )


def groups_of(connections: Iterable[UUID]) -> dict[tuple[UUID, UUID], Group]:
    """The security groups of these partner tenants by connection and object id; how many are in them, where read."""
    groups = SecurityGroup.objects.filter(connection__in=list(connections)).annotate(count=Count("members"))
    return {
        (group.connection_id, group.group_id): Group(
            group_id=group.group_id,
            pk=group.pk,
            name=group.name,
            is_gone=group.gone_at is not None,
            members=group.count if group.members_read_at is not None else None,
        )
        for group in groups
    }


def _held_in(relationships: list[int], *, connections: Iterable[UUID]) -> Mapping[int, list[Held]]:
    groups = groups_of(connections)
    rows = AccessAssignment.objects.filter(relationship__in=relationships, gone_at__isnull=True).order_by("pk")
    columns = ("relationship", "relationship__connection", "pk", "status", "group_id", "role_ids")
    found: dict[int, list[Held]] = defaultdict(list)
    for relationship, connection, pk, status, group_id, role_ids in rows.values_list(*columns):
        group = groups.get((connection, group_id)) or Group(group_id=group_id)
        found[relationship].append(Held(pk=pk, status=status, group=group, role_ids=frozenset(role_ids)))
    return found


def _connections_read(*, now: datetime) -> frozenset[UUID]:
    lists = GdapFeed.objects.filter(kind=GdapFeed.Kind.RELATIONSHIPS, read_at__gte=now - STALE_AFTER)
    return frozenset(lists.values_list("connection", flat=True))


def _consents(customers: list[int]) -> dict[int, bool]:
    """Whether our application was let in, as the readings of service health show it."""
    feeds = Feed.objects.filter(customer__in=customers, kind=Feed.Kind.HEALTH)
    found = {}
    for customer, problem, paused_because, read_at in feeds.values_list(
        "customer", "problem", "paused_because", "read_at"
    ):
        if {problem, paused_because} & SHUT_OUT:
            found[customer] = False
        elif read_at is not None and not {problem, paused_because} & IN_DOUBT:
            found[customer] = True
    return found


def _has_feature(cloud: str) -> bool:
    known: Mapping[str, Cloud] = settings.MICROSOFT_CLOUDS
    return known[cloud].has_gdap if cloud in known else True


def _signs_in_as_itself(connection: Connection | None) -> bool:
    return connection is None or connection.auth_model == Connection.AuthModel.APP_ONLY
