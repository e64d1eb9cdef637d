"""The data of a sweep measurement: one connection and its customers, due whenever the probe says so."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from csp_portal.microsoft.sandbox.tenants import make_tenants
from csp_portal.system.bench.gauges import ControlDesk
from customers.models import Connection, Customer, Feed
from health.poll import Claim, Round, poll_feeds
from health.sweep import LEASE, sweep_due_feeds

SEED = 1


def sandbox_told() -> dict[str, Any]:
    told: dict[str, Any] = json.loads((Path(settings.STATE_DIR) / "sandbox" / "sandbox.json").read_text())
    return told


def desk() -> ControlDesk:
    return ControlDesk.of_settings(settings.MICROSOFT_CLOUDS)


def set_scene(tenants: int) -> None:
    """An empty database and an empty Redis, then one connection and this many customers, never read."""
    call_command("migrate", verbosity=0)
    tables = [
        model._meta.db_table for app in ("customers", "health") for model in apps.get_app_config(app).get_models()
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.flushdb()
    told = sandbox_told()
    row = Connection(
        name="Sandbox", cloud="custom", partner_tenant_id=told["partner_tenant_id"], client_id=told["client_id"]
    )
    row.seal_secret("client_secret", told["client_secret"])
    row.save()
    customers = Customer.objects.bulk_create(
        Customer(
            tenant_id=tenant.tenant_id,
            connection=row,
            cloud=row.cloud,
            name=tenant.name,
            source=Customer.Source.PARTNER_CENTER,
        )
        for tenant in make_tenants(tenants, seed=SEED)
    )
    Feed.objects.bulk_create(Feed(customer=one, kind=Feed.Kind.HEALTH, due_at=timezone.now()) for one in customers)


def all_due(*, at_most: int | None = None) -> None:
    Feed.objects.filter(pk__in=Feed.objects.order_by("pk").values("pk")[:at_most]).update(due_at=Now())


def sweep(publish: Callable[[list[Claim]], object] | None = None) -> Round:
    """One whole round in this process; `publish` is told of every message that Celery would carry."""
    done = Round()

    def read(claims: list[Claim]) -> None:
        if publish:
            publish(claims)
        done.add(poll_feeds(claims, now=timezone.now()))

    sweep_due_feeds(read)
    return done


def drain() -> Round:
    """What one worker of several does: a batch at a time until nothing is due."""
    done = Round()
    while claims := Feed.objects.claim_due(Feed.Kind.HEALTH, limit=settings.POLL_BATCH_SIZE, lease=LEASE):
        done.add(poll_feeds(claims, now=timezone.now()))
    return done
