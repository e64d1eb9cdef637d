"""Reads what a partner tenant's delegated administration holds, list by list, and keeps it."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from csp_portal.microsoft.directory import list_group_members, list_role_templates, list_security_groups
from csp_portal.microsoft.errors import AccessDenied, MicrosoftError
from csp_portal.microsoft.gdap import list_delegated_admin_relationships
from csp_portal.microsoft.partner_center import allows_delegated_access
from customers.connections import Access
from customers.gdap.again import ask_for_unread_groups
from customers.gdap.cells import mark_group_due
from customers.gdap.feeds import Claim, note_failure, note_read, still_ours
from customers.gdap.privileged import PRIVILEGED
from customers.gdap.store import link_customers, note_forgotten, store_relationships, uuid_of
from customers.models import (
    AccessAssignment,
    AdminRole,
    Connection,
    Customer,
    GdapFeed,
    GroupMember,
    Relationship,
    RoleGroup,
    SecurityGroup,
    TemplateRole,
)

logger = logging.getLogger(__name__)

AT_ONCE = 300
LEGACY_AT_ONCE = 250
LEGACY_INTERVAL = timedelta(days=1)


def read_feed(claim: Claim, *, now: datetime) -> bool:
    """Read the claimed list; whether it was read well. What goes wrong is said on its row and holds up no other."""
    pk, epoch = claim
    feed = GdapFeed.objects.select_related("connection").filter(pk=pk, epoch=epoch).first()
    if feed is None or feed.connection.is_paused:
        return False
    try:
        access = Access(feed.connection)
    except AccessDenied as error:
        note_failure(feed, error, now=now)
        return False
    try:
        count = _READERS[GdapFeed.Kind(feed.kind)](feed, access, now)
    except MicrosoftError as error:
        logger.warning("%s was not read: %s", feed, error.detail)
        note_failure(feed, error, now=now)
        return False
    finally:
        access.keep()
    note_read(feed, now=now, is_empty=count == 0 and _had_something(feed))
    if feed.kind == GdapFeed.Kind.GROUPS:
        ask_for_unread_groups(feed.connection)  # of a group that got its first role while this was being read
    return True


def _had_something(feed: GdapFeed) -> bool:
    here = {"connection": feed.connection, "gone_at__isnull": True}
    if feed.kind == GdapFeed.Kind.RELATIONSHIPS:
        return Relationship.objects.filter(**here).exists()
    return feed.kind == GdapFeed.Kind.GROUPS and SecurityGroup.objects.filter(**here).exists()


def _read_relationships(feed: GdapFeed, access: Access, now: datetime) -> int:
    """All of them, page by page; only a list that came to its end and is not empty takes anything away."""
    token = access.partner_token(access.cloud.graph_scope).value
    found = iter(list_delegated_admin_relationships(access.http, cloud=access.cloud, token=token))
    seen: list[str] = []
    while batch := list(islice(found, AT_ONCE)):
        store_relationships(batch, connection=feed.connection, now=now)
        seen += [one.id for one in batch]
    if seen and still_ours(feed):
        note_forgotten(feed.connection, seen=seen, seen_before=feed.read_at, now=now)
    link_customers(feed.connection)
    return len(seen)


def _read_groups(feed: GdapFeed, access: Access, now: datetime) -> int:
    """Every security group by name, and the people of those that matter to us."""
    token = access.partner_token(access.cloud.graph_scope).value
    names = {
        group_id: one.name[:256].replace("\x00", "")
        for one in list_security_groups(access.http, cloud=access.cloud, token=token)
        if (group_id := uuid_of(one.id))
    }
    if not names or not still_ours(feed):
        return len(names)
    _store_groups(feed.connection, names=names, now=now)
    for group in _groups_that_matter(feed.connection):
        people = list_group_members(access.http, cloud=access.cloud, token=token, group_id=str(group.group_id))
        members = [
            GroupMember(group=group, object_id=object_id, name=one.name[:256], address=one.address[:320])
            for one in people
            if (object_id := uuid_of(one.id))
        ]
        _store_members(group, members=members, now=now)
    return len(names)


@transaction.atomic
def _store_groups(connection: Connection, *, names: dict[UUID, str], now: datetime) -> None:
    ours = SecurityGroup.objects.filter(connection=connection)
    known = dict(ours.values_list("group_id", "name"))
    gone = ours.filter(gone_at__isnull=True).exclude(group_id__in=names)
    back = ours.filter(gone_at__isnull=False, group_id__in=names)
    for group in (*gone, *back):
        mark_group_due(group)
    gone.update(gone_at=now)
    back.update(gone_at=None)
    held = AccessAssignment.objects.filter(relationship__connection=connection, gone_at__isnull=True)
    lost = {*held.values_list("group_id", flat=True)} - {*names, *known}
    SecurityGroup.objects.bulk_create(  # held once, and deleted before we ever saw it
        [SecurityGroup(connection=connection, group_id=one, gone_at=now) for one in lost], ignore_conflicts=True
    )
    changed = [group_id for group_id, name in names.items() if known.get(group_id) != name]
    SecurityGroup.objects.bulk_create(
        [SecurityGroup(connection=connection, group_id=one, name=names[one], last_seen_at=now) for one in changed],
        update_conflicts=True,
        unique_fields=["connection", "group_id"],
        update_fields=["name", "last_seen_at"],
    )


@transaction.atomic
def _store_members(group: SecurityGroup, *, members: Sequence[GroupMember], now: datetime) -> None:
    """Who is in it now; whoever is not is in it no more, for a right that ended must not look as if it went on."""
    before = set(group.members.values_list("object_id", flat=True))
    if before != {one.object_id for one in members} or group.members_read_at is None:
        mark_group_due(group)
    GroupMember.objects.filter(group=group).exclude(object_id__in=[one.object_id for one in members]).delete()
    GroupMember.objects.bulk_create(
        members,
        update_conflicts=True,
        unique_fields=["group", "object_id"],
        update_fields=["name", "address"],
    )
    SecurityGroup.objects.filter(pk=group.pk).update(members_read_at=now)


def _groups_that_matter(connection: Connection) -> list[SecurityGroup]:
    """Those that hold, or may get, a role of a customer, or give one in this portal."""
    held = AccessAssignment.objects.filter(relationship__connection=connection, gone_at__isnull=True)
    matters = (
        Q(group_id__in=held.values("group_id"))
        | Q(pk__in=TemplateRole.objects.filter(group__isnull=False).values("group"))
        | Q(group_id__in=RoleGroup.objects.filter(connection=connection).values("group_id"))
    )
    return list(SecurityGroup.objects.filter(matters, connection=connection, gone_at__isnull=True).order_by("pk"))


def _read_roles(feed: GdapFeed, access: Access, now: datetime) -> int:
    token = access.partner_token(access.cloud.graph_scope).value
    told = list_role_templates(access.http, cloud=access.cloud, token=token)
    rows = [
        AdminRole(
            pk=role_id,
            name=one.name[:120],
            description=one.description,
            is_privileged=role_id in PRIVILEGED,
            read_at=now,
        )
        for one in told
        if (role_id := uuid_of(one.id)) and one.name
    ]
    AdminRole.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["name", "description", "is_privileged", "read_at"],
    )
    return len(rows)


def _read_legacy(feed: GdapFeed, access: Access, now: datetime) -> int:
    """Whether DAP is left, of the customers not asked about for a day: Partner Center tells it one by one."""
    token = access.partner_token(access.cloud.partner_center_scope).value
    old = Q(allows_dap_at__isnull=True) | Q(allows_dap_at__lt=now - LEGACY_INTERVAL)
    mine = Customer.objects.current().filter(old, connection=feed.connection, paused_at__isnull=True)
    asked = list(mine.order_by(F("allows_dap_at").asc(nulls_first=True), "pk")[:LEGACY_AT_ONCE])
    for customer in asked:
        customer.allows_dap = allows_delegated_access(
            access.http_in_turn(), cloud=access.cloud, token=token, tenant_id=str(customer.tenant_id)
        )
        customer.allows_dap_at = now
        customer.save(update_fields=["allows_dap", "allows_dap_at"])
    return len(asked)


_READERS: dict[GdapFeed.Kind, Callable[[GdapFeed, Access, datetime], int]] = {
    GdapFeed.Kind.RELATIONSHIPS: _read_relationships,
    GdapFeed.Kind.GROUPS: _read_groups,
    GdapFeed.Kind.ROLES: _read_roles,
    GdapFeed.Kind.LEGACY: _read_legacy,
}
