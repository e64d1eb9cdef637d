"""Settings: our connections to Microsoft, made, changed, tried out and paused by owners."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from csp_portal.accounts.models import Role, User
from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.connection_check import check_connection
from customers.connection_forms import ConnectionForm
from customers.credentials import expiries_of, urgent_expiries
from customers.models import CloudChoice, Connection, Feed, PortalLink


@require_GET
@requires(Capability.MANAGE_PORTAL)
def overview(request: SignedInRequest) -> HttpResponse:
    roles = User.objects.filter(is_active=True).values_list("role").annotate(Count("pk"))
    counts, now = dict(roles), timezone.now()
    return render(
        request,
        "settings/overview.html",
        {
            "connections": _with_counts(),
            "expiring": [one.sentence(now) for one in urgent_expiries(Connection.objects.order_by("name"), now=now)],
            "people": [(role.label, counts[role.value]) for role in reversed(Role) if counts.get(role.value)],
            "waiting": counts.get(Role.NONE.value, 0),
            "links": _links_by_cloud(),
        },
    )


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def connection_new(request: SignedInRequest) -> HttpResponse:
    form = ConnectionForm(request.POST or None, initial={"auth_model": Connection.AuthModel.APP_ONLY})
    if form.is_valid():
        connection = form.save()
        record(Action.CONNECTION_ADDED, by=request.user, about=connection, after=facts_of(connection))
        messages.success(request, _("The connection is saved. Test it before you rely on it."))
        return redirect("settings:connection_edit", connection.pk)
    return render(request, "settings/connection.html", {"form": form, "connection": None})


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def connection_edit(request: SignedInRequest, connection_id: UUID) -> HttpResponse:
    connection = get_object_or_404(_with_counts(), pk=connection_id)
    before, ends = facts_of(connection), ends_of(connection, now=timezone.now())
    form = ConnectionForm(request.POST or None, instance=connection)
    if form.is_valid():
        connection = form.save()
        after = facts_of(connection) | {"new_secret": form.has_new_secret}
        record(Action.CONNECTION_CHANGED, by=request.user, about=connection, before=before, after=after)
        try_again(connection)
        messages.success(request, _("The connection is saved. What was set aside is tried again now."))
        return redirect("settings:connection_edit", connection.pk)
    return render(request, "settings/connection.html", {"form": form, "connection": connection, "ends": ends})


@require_POST
@requires(Capability.MANAGE_PORTAL)
def connection_pause(request: SignedInRequest, connection_id: UUID) -> HttpResponse:
    """Pause or resume; what a paused connection reads stays as it was and grows old in plain sight."""
    connection = get_object_or_404(Connection, pk=connection_id)
    if connection.revoked_at is not None:
        messages.error(request, _("It was revoked. Enter a new secret or certificate first."))
        return redirect("settings:connection_edit", connection.pk)
    connection.is_paused = not connection.is_paused
    connection.save(update_fields=["is_paused"])
    action = Action.CONNECTION_PAUSED if connection.is_paused else Action.CONNECTION_RESUMED
    record(action, by=request.user, about=connection)
    if connection.is_paused:
        messages.warning(request, _("%(name)s is paused: nothing is read through it.") % {"name": connection.name})
    else:
        try_again(connection)
        messages.success(request, _("%(name)s goes on.") % {"name": connection.name})
    return redirect("settings:connection_edit", connection.pk)


@require_POST
@transaction.non_atomic_requests
@requires(Capability.MANAGE_PORTAL)
def connection_test(request: SignedInRequest, connection_id: UUID) -> HttpResponse:
    connection = get_object_or_404(Connection, pk=connection_id)
    now = timezone.now()
    context = {"connection": connection, "findings": check_connection(connection, now=now), "tested_at": now}
    is_fragment = bool(request.headers.get("HX-Request"))
    return render(request, "settings/_findings.html" if is_fragment else "settings/connection_test.html", context)


@require_POST
@requires(Capability.MANAGE_PORTAL)
def connection_import(request: SignedInRequest, connection_id: UUID) -> HttpResponse:
    """Let the import of customers be due now; a worker takes it up within seconds."""
    connection = get_object_or_404(Connection, pk=connection_id)
    if connection.is_paused:
        messages.warning(request, _("%(name)s is paused. Resume it first.") % {"name": connection.name})
    else:
        Connection.objects.filter(pk=connection.pk).update(customers_due_at=Now())
        record(Action.CUSTOMERS_IMPORT_ASKED, by=request.user, about=connection)
        messages.success(request, _("The import of customers begins within seconds."))
    return redirect("settings:connection_edit", connection.pk)


def ends_of(connection: Connection, *, now: datetime) -> list[dict[str, object]]:
    """When its credentials end, in words for its page."""
    return [{"words": one.sentence(now), "is_urgent": one.is_urgent(now)} for one in expiries_of(connection)]


def facts_of(connection: Connection) -> dict[str, object]:
    """What the audit keeps of a connection: nothing that is secret."""
    names = ("name", "cloud", "partner_tenant_id", "client_id", "auth_model", "signs_in_staff", "secret_expires_on")
    more = ("authentication_context", "federated_token_file")
    facts = {name: getattr(connection, name) for name in (*names, *more)}
    return facts | {
        "has_secret": bool(connection.sealed_client_secret),
        "has_certificate": bool(connection.certificate),
    }


def try_again(connection: Connection) -> None:
    """Let the import, and the feeds that waited for a person to mend the connection, be due now."""
    Connection.objects.filter(pk=connection.pk).update(customers_due_at=Now())
    waiting = Feed.objects.filter(customer__connection=connection, customer__gone_at__isnull=True)
    waiting.exclude(paused_because="").move_due(Now(), because=Feed.Because.ASKED)


def _links_by_cloud() -> list[dict[str, object]]:
    """Of each cloud with a catalog: how many links are shown, and how many of these nobody has seen work."""
    counts = {
        row["cloud"]: row
        for row in PortalLink.objects.filter(is_enabled=True)
        .values("cloud")
        .annotate(shown=Count("pk"), unverified=Count("pk", filter=Q(is_verified=False)))
    }
    return [{**counts[cloud.value], "label": cloud.label} for cloud in CloudChoice if cloud.value in counts]


def _with_counts() -> QuerySet[Connection]:
    return Connection.objects.annotate(
        customer_count=Count("customers", filter=Q(customers__gone_at__isnull=True))
    ).order_by("name")
