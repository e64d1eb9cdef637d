"""What we read again and again for a customer: a row that becomes due."""

from datetime import timedelta
from operator import itemgetter
from typing import ClassVar, Self

from django.db import connection, models, transaction
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from csp_portal.microsoft.errors import AccessDenied, MicrosoftError, Throttled, Unavailable
from customers.models.customer import Customer

# Each row's `turn` is its place among the due ones of its connection: first everybody's first, then everybody's second.
# `due` is materialized, since in an IN (...) the planner may run it twice and take more than the limit.
_CLAIM = """
    WITH waiting AS MATERIALIZED (
        SELECT feed.id, feed.due_at, customer.connection_id,
               row_number() OVER (PARTITION BY customer.connection_id ORDER BY feed.due_at) AS turn
        FROM customers_feed feed
        JOIN customers_customer customer ON customer.id = feed.customer_id
        JOIN customers_connection connection ON connection.id = customer.connection_id
        WHERE feed.kind = %s AND feed.due_at <= clock_timestamp() AND customer.gone_at IS NULL
          AND customer.paused_at IS NULL AND NOT connection.is_paused AND connection.circuit_since IS NULL
    ),
    due AS MATERIALIZED (
        SELECT feed.id, waiting.connection_id FROM waiting JOIN customers_feed feed ON feed.id = waiting.id
        WHERE feed.due_at <= clock_timestamp()  -- looked at again once the row is locked: somebody may have taken it
        ORDER BY waiting.turn, waiting.due_at LIMIT %s FOR UPDATE OF feed SKIP LOCKED
    )
    UPDATE customers_feed feed
    SET due_at = clock_timestamp() + %s::interval, epoch = feed.epoch + 1, due_because = 'TAKEN', due_about = ''
    FROM due WHERE feed.id = due.id
    RETURNING feed.id, feed.epoch, due.connection_id
"""


class FeedQuerySet(models.QuerySet["Feed"]):
    def claim_due(self, kind: "Feed.Kind", *, limit: int, lease: timedelta) -> list[tuple[int, int]]:
        """Take up to `limit` due feeds by moving `due_at` on by the lease; returns (id, epoch) of each.

        One short statement by the database's clock. Who finishes must show the epoch drawn here, so a worker that slept
        past its lease writes nothing. Connections take turns, so that the arrears of one keep no other waiting; the
        feeds of one connection come together. Feeds of customers that are gone or paused, and of connections that are
        paused or whose circuit is open, stay where they are.
        """
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, [kind, limit, str(lease)])
            rows = sorted(cursor.fetchall(), key=itemgetter(2))
        return [(pk, epoch) for pk, epoch, _connection in rows]

    def told_to_wait(self) -> Self:
        """Those before whose time Microsoft wants to hear nothing of us at their tenant: the limit is the tenant's."""
        is_told = models.Q(problem=Feed.Problem.THROTTLED) | models.Q(due_because=Feed.Because.WAIT)
        waits = models.Q(is_told, due_at__gt=Now()) | models.Q(held_until__gt=Now())
        return self.filter(waits, kind__in=Feed.OF_THE_TENANT)

    def move_due(self, to: Combinable, *, because: "Feed.Because") -> int:
        """Let these feeds be due `to`, a moment of the database's clock; returns how many were moved.

        Rows are locked in the order of their keys, as everywhere, so that no two writers wait for each other. A feed
        that somebody holds is just being taken or finished and is left to them.
        """
        with transaction.atomic():
            rows = self.select_for_update(skip_locked=True, of=("self",)).order_by("pk")
            return Feed.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(
                due_at=to, due_because=because, due_about=""
            )


class Feed(models.Model):
    class Kind(models.TextChoices):
        HEALTH = "HEALTH", _("Service health")
        LINKS = "LINKS", _("Portal links")
        MESSAGES = "MESSAGES", _("Message center")

    OF_THE_TENANT: ClassVar = (Kind.HEALTH, Kind.MESSAGES)  # asked there, under one limit; links are asked elsewhere

    class Problem(models.TextChoices):
        """Why the last reading failed or the feed waits; the first names are microsoft.errors.Cause."""

        CONSENT_MISSING = "CONSENT_MISSING", _("Nobody has consented to our application in this tenant")
        APP_MISSING = "APP_MISSING", _("Our application is not known in this tenant")
        TENANT_NOT_FOUND = "TENANT_NOT_FOUND", _("Microsoft does not know this tenant")
        MFA_NEEDED = "MFA_NEEDED", _("The stored sign-in lacks multifactor authentication")
        SIGN_IN_EXPIRED = "SIGN_IN_EXPIRED", _("The stored sign-in has ended; an admin agent must consent again")
        SECRET_WRONG = "SECRET_WRONG", _("Microsoft refuses the secret of our connection")
        SECRET_EXPIRED = "SECRET_EXPIRED", _("The secret of our connection has expired")
        FORBIDDEN = "FORBIDDEN", _("A permission or delegated role is missing")
        TOKEN_REFUSED = "TOKEN_REFUSED", _("Microsoft refuses our token")
        NO_CONNECTION = "NO_CONNECTION", _("This customer has no connection")
        OTHER = "OTHER", _("Microsoft refuses access")
        THROTTLED = "THROTTLED", _("Microsoft asks us to wait")
        UNAVAILABLE = "UNAVAILABLE", _("Microsoft can't be reached")
        UNEXPECTED = "UNEXPECTED", _("Microsoft's answer breaks its contract")
        EMPTY = "EMPTY", _("Microsoft's answer is empty")
        NOT_READ = "NOT_READ", _("Not read yet")
        STALE = "STALE", _("The last reading is too old")
        PAUSED = "PAUSED", _("Paused by one of us")

        @classmethod
        def of(cls, error: MicrosoftError) -> Self:
            """What a feed, or an import, shows of one of Microsoft's four errors."""
            if isinstance(error, AccessDenied):
                return cls(error.cause.value)
            if isinstance(error, Throttled):
                return cls(cls.THROTTLED)
            return cls(cls.UNAVAILABLE if isinstance(error, Unavailable) else cls.UNEXPECTED)

    class Because(models.TextChoices):
        """Why a feed is due when it is."""

        FIRST = "", _("the first readings are spread over the interval")
        INTERVAL = "INTERVAL", _("the usual interval")
        INCIDENT = "INCIDENT", _("sooner, for an incident is open here")
        OUTBREAK = "OUTBREAK", _("sooner, for an issue has just appeared at another customer")
        WAIT = "WAIT", _("Microsoft asked us to wait until then")
        BACK_OFF = "BACK_OFF", _("later after each failure in a row")
        SET_ASIDE = "SET_ASIDE", _("rarely, for a person has to mend something first")
        ASKED = "ASKED", _("one of us asked for it")
        LIMIT = "LIMIT", _("the limit of requests is reached; this is when there is room again")
        TAKEN = "TAKEN", _("it is being read right now; the time is when it is tried again should the worker die")
        PROBE = "PROBE", _("the one try that shows whether the connection works again")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="feeds", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    due_at = models.DateTimeField(db_default=Now())
    # Written in the statement that writes `due_at`; `due_about` names the issues of an outbreak.
    due_because = models.CharField(max_length=10, choices=Because.choices, db_default="", blank=True, default="")
    due_about = models.CharField(max_length=100, db_default="", blank=True, default="")
    # Its tenant asked us to wait until then, whatever of it we were reading; it holds for a feed in hand as well.
    held_until = models.DateTimeField(null=True, blank=True)
    epoch = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    fingerprint = models.BinaryField(max_length=16, null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=20, choices=Problem.choices, blank=True)
    problem_detail = models.TextField(blank=True)
    problem_since = models.DateTimeField(null=True, blank=True)
    # Set when only a person can mend it; such a feed is tried rarely.
    paused_because = models.CharField(max_length=20, choices=Problem.choices, blank=True)

    objects: ClassVar[FeedQuerySet] = FeedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        # `due_at` has no index on purpose: with one, each of the two writes a round makes to a feed would touch every
        # index of the row (no heap-only update), while finding the due rows of 10,000 customers by scan takes 2 ms.
        constraints = [models.UniqueConstraint(fields=["customer", "kind"], name="one_feed_per_customer_and_kind")]

    def __str__(self) -> str:
        return f"{self.kind} of customer {self.customer_id}"
