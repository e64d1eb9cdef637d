"""What machines ask: whether this process lives, and whether it can serve people."""

import redis
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from csp_portal.system.vitals import redis_client


@require_safe
@never_cache
@login_not_required
@transaction.non_atomic_requests
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers; no database is touched, so a slow one restarts nothing."""
    return JsonResponse({"alive": True})


@require_safe
@never_cache
@login_not_required
@transaction.non_atomic_requests
def readyz(request: HttpRequest) -> JsonResponse:
    """503 where pages can't be served. Redis is told but decides nothing: without it people still read and sign in."""
    database = _database()
    checks = {**database, "redis": _redis()}
    is_ready = set(database.values()) == {"ok"}
    return JsonResponse({"ready": is_ready, **checks}, status=200 if is_ready else 503)


def waiting_migrations() -> list[str]:
    """The migrations that the code has and the database has not."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def _database() -> dict[str, str]:
    try:
        waiting = waiting_migrations()
    except DatabaseError:
        return {"database": "unreachable", "migrations": "unknown"}
    return {"database": "ok", "migrations": "waiting" if waiting else "ok"}


def _redis() -> str:
    try:
        with redis_client() as client:
            client.ping()
    except redis.RedisError:
        return "unreachable"
    return "ok"
