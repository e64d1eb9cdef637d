"""Examines an installation from settings to Microsoft's permissions; each finding says how to mend it."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import redis
from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from csp_portal.accounts.models import Role, User
from csp_portal.audit.models import Copy
from csp_portal.checks import EVICTING, check_database_role
from csp_portal.microsoft.clouds import Cloud
from csp_portal.microsoft.errors import MicrosoftError
from csp_portal.microsoft.reach import reach
from csp_portal.system.readiness import waiting_migrations
from csp_portal.system.vitals import OVERDUE, Vitals, read_vitals, redis_client
from customers.connection_check import check_connection
from customers.findings import Finding
from customers.models import Connection
from support.mailboxes.problems import HOW_TO_MEND

OLDEST_POSTGRESQL = 150_000  # as server_version_num counts: 15.0
CLOCK_TOLERANCE = timedelta(seconds=5)
MICROSOFT_CLOCK_TOLERANCE = timedelta(seconds=60)  # tokens are refused from five minutes on


def examine(*, now: datetime) -> Iterator[Finding]:
    """Every finding in the order of its cause: what comes later can't be fine where what comes before is broken."""
    yield from _settings()
    has_database = True
    for finding in _database():
        has_database = has_database and finding.ok is not False
        yield finding
    yield from _redis()
    if not has_database:
        return
    yield from _audit()
    yield from _people(now=now)
    yield from _work(read_vitals(now=now))
    yield from _microsoft(now=now)


PARTS = ("worker", "sweep")


def examine_part(part: str, *, now: datetime) -> Iterator[Finding]:
    """One thing only, for the health check of a container: asks the database and neither Redis nor Microsoft."""
    try:
        vitals = read_vitals(now=now)
    except DatabaseError:
        yield from _database()
        return
    yield _worker(vitals) if part == "worker" else _sweep(vitals)


def _settings() -> Iterator[Finding]:
    name = _("Settings")
    found = run_checks(include_deployment_checks=True)
    problems = [message for message in found if message.level >= ERROR and message.id != EVICTING]  # told at Redis
    for problem in problems:
        yield Finding(name=name, ok=False, sentence=str(problem.msg), how_to_mend=str(problem.hint or ""))
    if not problems:
        yield Finding(
            name=name, ok=True, sentence=_("The portal is reached at %(url)s.") % {"url": settings.PORTAL_URL}
        )
    if settings.DEBUG:
        mend = _("Set DEBUG=false.")
        yield Finding(name=name, ok=None, sentence=_("DEBUG is on; error pages show secrets."), how_to_mend=mend)
    if not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        mend = _("Run: make build (or python manage.py collectstatic).")
        sentence = _("The style sheets and scripts were not built, so no page can be shown.")
        yield Finding(name=_("Front end"), ok=False, sentence=sentence, how_to_mend=mend)
    free = shutil.disk_usage(settings.BASE_DIR).free
    if free < 1_000_000_000:
        sentence = _("Only %(free)d MB are free on this disk.") % {"free": free // 1_000_000}
        yield Finding(name=_("Disk"), ok=None, sentence=sentence, how_to_mend=_("Make room."))


def _database() -> Iterator[Finding]:
    name = _("Database")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp(), current_setting('server_version_num')::integer")
            told, version = cursor.fetchone()
            apart = abs(told - timezone.now())
        waiting = waiting_migrations()
    except DatabaseError as error:
        mend = _("Check DATABASE_URL and that PostgreSQL runs and lets this machine in.")
        yield Finding(name=name, ok=False, sentence=str(error).strip().splitlines()[0], how_to_mend=mend)
        return
    if version < OLDEST_POSTGRESQL:
        sentence = _("PostgreSQL %(version)s is too old.") % {"version": version // 10_000}
        yield Finding(name=name, ok=False, sentence=sentence, how_to_mend=_("Use PostgreSQL 15 or newer."))
    else:
        sentence = _("PostgreSQL %(version)s answers.") % {"version": version // 10_000}
        yield Finding(name=name, ok=True, sentence=sentence)
    if waiting:
        sentence = _("%(count)d migrations wait: %(names)s") % {"count": len(waiting), "names": ", ".join(waiting[:5])}
        yield Finding(name=_("Migrations"), ok=False, sentence=sentence, how_to_mend=_("Run: python manage.py migrate"))
    else:
        yield Finding(name=_("Migrations"), ok=True, sentence=_("All are applied."))
    yield _clock(_("Clock of the database"), apart=apart, tolerance=CLOCK_TOLERANCE)


def _audit() -> Iterator[Finding]:
    name = _("Audit")
    for problem in check_database_role():
        yield Finding(name=name, ok=False, sentence=str(problem.msg), how_to_mend=str(problem.hint))
    for copy in Copy.objects.exclude(problem=""):
        mend = _("Run: python manage.py verify_audit")
        yield Finding(name=name, ok=False, sentence=copy.problem, how_to_mend=mend)
    if not Copy.objects.exists():
        mend = _("Set AUDIT_COPY_FILE for the worker, best to a disk of another machine.")
        sentence = _("It is kept in no second place, so nobody would see that its end was cut off.")
        yield Finding(name=name, ok=None, sentence=sentence, how_to_mend=mend)


def _clock(name: str, *, apart: timedelta, tolerance: timedelta) -> Finding:
    seconds = {"seconds": round(apart.total_seconds(), 1)}
    if apart <= tolerance:
        return Finding(name=name, ok=True, sentence=_("It differs by %(seconds)s s from this machine's.") % seconds)
    return Finding(
        name=name,
        ok=False,
        sentence=_("It differs by %(seconds)s s from this machine's.") % seconds,
        how_to_mend=_("Let all machines take their time from NTP."),
    )


def _redis() -> Iterator[Finding]:
    name = "Redis"
    try:
        with redis_client() as client:
            told = client.info("memory")
    except redis.RedisError as error:
        mend = _("Check REDIS_URL and that Redis runs. Nothing is read until it does; nothing is lost.")
        yield Finding(name=name, ok=False, sentence=f"{type(error).__name__}: {error}", how_to_mend=mend)
        return
    policy = str(told.get("maxmemory_policy", "")) if isinstance(told, dict) else ""
    if policy != "noeviction":
        sentence = _("It may throw waiting work away (maxmemory-policy %(policy)s).") % {"policy": policy or "?"}
        mend = _("Set maxmemory-policy to noeviction, and give caches of other programs a Redis of their own.")
        yield Finding(name=name, ok=False, sentence=sentence, how_to_mend=mend)
    else:
        yield Finding(name=name, ok=True, sentence=_("It answers and keeps what waits (noeviction)."))


def _people(*, now: datetime) -> Iterator[Finding]:
    stale = User.objects.stale(now=now).count()
    if stale:
        sentence = _("%(count)d may sign in and have not for 45 days.") % {"count": stale}
        mend = _("Look at Settings, People, “Long not signed in”, and disable who no longer works here.")
        yield Finding(name=_("People"), ok=None, sentence=sentence, how_to_mend=mend)
    if not User.objects.filter(role=Role.OWNER, is_active=True).exists():
        mend = _("Run: python manage.py create_owner")
        yield Finding(name=_("People"), ok=False, sentence=_("No owner may sign in."), how_to_mend=mend)


def _work(vitals: Vitals) -> Iterator[Finding]:
    yield _worker(vitals)
    yield _sweep(vitals)
    name = _("Readings")
    if vitals.overdue.count:
        words = {"count": vitals.overdue.count, "seconds": OVERDUE.seconds}
        sentence = _("%(count)d readings are overdue by more than %(seconds)d s.") % words
        mend = _("If the number does not fall, start more workers.")
        yield Finding(name=name, ok=None, sentence=sentence, how_to_mend=mend)
    else:
        yield Finding(name=name, ok=True, sentence=_("None of %(count)d is overdue.") % {"count": vitals.feeds})
    for one in vitals.set_aside:
        sentence = _("%(count)d set aside: %(cause)s.") % {"count": one.count, "cause": one.cause.label}
        yield Finding(name=name, ok=None, sentence=sentence, how_to_mend=_("The customers' pages say what to do."))
    yield from _mailboxes(vitals)


def _mailboxes(vitals: Vitals) -> Iterator[Finding]:
    """As the worker last saw them."""
    for one in vitals.mailboxes:
        name = _("Mailbox %(name)s") % {"name": one.name}
        if one.problem:
            mend = str(HOW_TO_MEND[one.problem])
            yield Finding(name=name, ok=False, sentence=one.get_problem_display(), how_to_mend=mend)
        elif one.last_success_at is None:
            mend = _("Wait a minute, or press “Test it” under Settings, Mailboxes of the desk.")
            yield Finding(name=name, ok=None, sentence=_("It was not read yet."), how_to_mend=mend)
        else:
            yield Finding(name=name, ok=True, sentence=_("It is read."))


def _worker(vitals: Vitals) -> Finding:
    name, at = _("Worker"), vitals.worker.at
    if vitals.worker.is_alive:
        return Finding(name=name, ok=True, sentence=_("It was alive within the last minute."))
    last = at.isoformat(timespec="seconds") if at else _("never")
    sentence = _("No worker is alive; the last sign of life: %(last)s.") % {"last": last}
    mend = _("Start both: python manage.py worker, and celery -A csp_portal.celery:app beat.")
    return Finding(name=name, ok=False, sentence=sentence, how_to_mend=mend)


def _sweep(vitals: Vitals) -> Finding:
    name, at = _("Sweep"), vitals.sweep.at
    if vitals.sweep.is_alive:
        return Finding(name=name, ok=True, sentence=_("It was alive within the last minute."))
    last = at.isoformat(timespec="seconds") if at else _("never")
    sentence = _("Nobody looks for customers that are due; the last time: %(last)s.") % {"last": last}
    mend = _("Start both: python manage.py worker, and celery -A csp_portal.celery:app beat.")
    return Finding(name=name, ok=False, sentence=sentence, how_to_mend=mend)


def _microsoft(*, now: datetime) -> Iterator[Finding]:
    connections = list(Connection.objects.order_by("name"))
    if not connections:
        mend = _("Add one under Settings, or run: python manage.py add_connection --help")
        yield Finding(name="Microsoft", ok=None, sentence=_("There is no connection yet."), how_to_mend=mend)
    clouds = [
        settings.MICROSOFT_CLOUDS[name]
        for name in dict.fromkeys(one.cloud for one in connections)
        if name in settings.MICROSOFT_CLOUDS
    ]
    for origin, ca_bundle in dict.fromkeys(host for cloud in clouds for host in _hosts(cloud)):
        yield from _host(origin, ca_bundle=ca_bundle)
    for one in connections:
        for finding in check_connection(one, now=now):
            yield Finding(
                name=f"{one.name}: {finding.name}",
                ok=finding.ok,
                sentence=finding.sentence,
                how_to_mend=finding.how_to_mend,
            )


def _hosts(cloud: Cloud) -> Iterator[tuple[str, str | None]]:
    yield cloud.login_url, cloud.ca_bundle
    yield cloud.graph_url, cloud.ca_bundle
    if cloud.has_partner_center:
        yield cloud.partner_center_url, cloud.ca_bundle


def _host(origin: str, *, ca_bundle: str | None) -> Iterator[Finding]:
    name = _("TLS to %(origin)s") % {"origin": origin}
    try:
        found = reach(origin, ca_bundle=ca_bundle)
    except MicrosoftError as error:
        mend = _("Check DNS, firewall and proxy (HTTPS_PROXY), and MICROSOFT_CA_BUNDLE if a proxy opens TLS.")
        yield Finding(name=name, ok=False, sentence=error.detail, how_to_mend=mend)
        return
    yield Finding(name=name, ok=True, sentence=_("The certificate is trusted."))
    if found.says is not None:
        apart = abs(found.says - timezone.now())
        yield _clock(_("Clock of %(origin)s") % {"origin": origin}, apart=apart, tolerance=MICROSOFT_CLOCK_TOLERANCE)
