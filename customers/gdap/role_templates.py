"""Role templates: which of our groups is to get which roles, kept by hand, with the least roles of each job at hand."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.access import visible_connections
from customers.gdap.capabilities import SENSIBLE_ROLES, Job
from customers.models import AdminRole, RoleTemplate, SecurityGroup, TemplateRole

FOUND = 20


def visible_templates(user: User) -> QuerySet[RoleTemplate]:
    """Those of connections through which this person sees customers."""
    return RoleTemplate.objects.filter(connection__in=visible_connections(user)).select_related("connection")


def found_roles(words: str, *, without: RoleTemplate) -> list[AdminRole]:
    """Roles by any words of their name or description; few, since nobody chooses from a hundred."""
    rows = AdminRole.objects.exclude(pk__in=without.roles.values("role"))
    for word in words.split():
        rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word))
    return list(rows.order_by("name")[:FOUND]) if words.strip() else []


@transaction.atomic
def create_template(template: RoleTemplate, *, by: User) -> RoleTemplate:
    """A new one has the roles that are enough for every job that reads, and for tickets."""
    template.save(force_insert=True)
    known = AdminRole.objects.filter(pk__in=SENSIBLE_ROLES)
    TemplateRole.objects.bulk_create(TemplateRole(template=template, role=role) for role in known)
    record(Action.ROLE_TEMPLATE_CHANGED, by=by, about=template, after=told(template))
    return template


@transaction.atomic
def save_template(template: RoleTemplate, *, by: User, before: Mapping[str, object]) -> None:
    template.save()
    record(Action.ROLE_TEMPLATE_CHANGED, by=by, about=template, before=dict(before), after=told(template))


@transaction.atomic
def delete_template(template: RoleTemplate, *, by: User) -> None:
    """Relationships made from it stay; they are only held against it no more."""
    record(Action.ROLE_TEMPLATE_CHANGED, by=by, about=template, before=told(template))
    template.delete()


@transaction.atomic
def add_role(template: RoleTemplate, role: AdminRole, *, group: SecurityGroup | None, by: User) -> None:
    """With a group the role alone, without one, is no longer asked for."""
    before = told(template)
    if group is not None:
        template.roles.filter(role=role, group__isnull=True).delete()
    elif template.roles.filter(role=role).exists():
        return
    TemplateRole.objects.get_or_create(template=template, role=role, group=group)
    record(Action.ROLE_TEMPLATE_CHANGED, by=by, about=template, before=before, after=told(template))


@transaction.atomic
def add_job(template: RoleTemplate, job: Job, *, by: User) -> bool:
    """The least role of the job, where the template has none of those that are enough; whether it was added."""
    if template.roles.filter(role__in=job.role_ids).exists():
        return False
    role = AdminRole.objects.filter(pk=job.least_role).first()
    if role is None:
        return False
    add_role(template, role, group=None, by=by)
    return True


@transaction.atomic
def remove_role(template: RoleTemplate, row: TemplateRole, *, by: User) -> None:
    """Without its last group the role stays asked for; without any it goes."""
    before, role = told(template), row.role
    had_group, others = row.group_id is not None, template.roles.filter(role=role).exclude(pk=row.pk)
    row.delete()
    if had_group and not others.exists():
        TemplateRole.objects.create(template=template, role=role)
    record(Action.ROLE_TEMPLATE_CHANGED, by=by, about=template, before=before, after=told(template))


def roles_by_group(template: RoleTemplate) -> dict[UUID, frozenset[UUID]]:
    """The object ID of each group and the roles that it is to have."""
    found: dict[UUID, set[UUID]] = {}
    for group_id, role in template.roles.filter(group__isnull=False).values_list("group__group_id", "role"):
        found.setdefault(group_id, set()).add(role)
    return {group: frozenset(roles) for group, roles in found.items()}


def told(template: RoleTemplate) -> dict[str, object]:
    rows = template.roles.values_list("role__name", "group__name").order_by("role__name", "group__name")
    return {
        "name": template.name,
        "duration_days": template.duration_days,
        "auto_extends": template.auto_extends,
        "roles": [f"{role} → {group}" if group else role for role, group in rows],
    }
