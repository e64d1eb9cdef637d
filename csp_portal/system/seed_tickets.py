"""Fills the desk with made-up tickets, a million in minutes: PostgreSQL itself makes the rows."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from csp_portal.accounts.models import Role, User
from csp_portal.system.seed_ticket_texts import ANSWER, NAMES, PLOTS, TAGS, Plot
from customers.models import Customer
from support.lists.words import BUCKET, words_of
from support.models import Queue, Ticket

AGENTS = 40
QUEUES = ("Support", "Cloud", "Licensing")

# `r` and `s` are drawn from the number of a row, so that the same seed gives the same tickets.
_TICKETS = """
INSERT INTO support_ticket (
    id, customer_id, requester_name, requester_address, subject, family, kind, severity, impact, queue_id, owner_id,
    status, tags, language, channel, follows_issue, created_at, updated_at, asked_at, answered_at, first_answered_at,
    solved_at, closed_at, reopened, version
)
SELECT
    %(base)s + i.n, c.id, p.name, p.mailbox || '@' || c.domain, t.subject || ' (PO' || (%(base)s + i.n) || ')',
    t.family, t.kind, (ARRAY['C', 'C', 'C', 'B', 'B', 'A'])[1 + r %% 6], '', q.id,
    CASE WHEN s %% 7 > 0 THEN a.id END,
    state.word, CASE WHEN r %% 9 = 0 THEN ARRAY[tag.word] ELSE '{}' END, t.language, 'MAIL', true,
    born.at, last.at, born.at, last.at, born.at + interval '1 minute' * (s %% 240),
    CASE WHEN state.word IN ('SOLVED', 'CLOSED') THEN last.at END, CASE WHEN state.word = 'CLOSED' THEN last.at END,
    (r %% 25 = 0)::int, 2
FROM generate_series(1, %(count)s) AS i(n)
CROSS JOIN LATERAL (
    SELECT abs(hashint8(i.n + %(seed)s)::bigint) AS r, abs(hashint8(i.n * 31 + %(seed)s)::bigint) AS s
) drawn
JOIN seed_customer c ON c.n = r %% %(customers)s
JOIN seed_plot t ON t.n = s %% %(plots)s
JOIN seed_person p ON p.n = r / 7 %% %(people)s
JOIN seed_agent a ON a.n = s / 7 %% %(agents)s
JOIN seed_queue q ON q.n = r / 11 %% %(queues)s
JOIN seed_tag tag ON tag.n = s / 11 %% %(tags)s
CROSS JOIN LATERAL (
    SELECT %(now)s::timestamptz - interval '5 minutes'
        - interval '26280 hours' * ((%(count)s - i.n)::float / %(count)s) AS at
) born
CROSS JOIN LATERAL (
    SELECT least(born.at + interval '1 minute' * (1 + r %% 6000), %(now)s::timestamptz - interval '1 minute') AS at
) last
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN i.n > %(count)s * 0.97 THEN (ARRAY[
            'NEW', 'OPEN', 'OPEN', 'WAITING_CUSTOMER', 'WAITING_CUSTOMER', 'WAITING_MICROSOFT', 'VERIFYING', 'SOLVED'
        ])[1 + s %% 8]
        WHEN i.n > %(count)s * 0.95 THEN 'SOLVED'
        ELSE 'CLOSED'
    END AS word
) state
"""
_ENTRIES = """
INSERT INTO support_entry (
    ticket_id, kind, is_public, channel, at, author_id, sender_name, sender_address, text, html, quoted
)
SELECT k.id, 'MESSAGE', true, 'MAIL', k.created_at, NULL::bigint, k.requester_name, k.requester_address,
    t.text || ' AADSTS' || (50000 + k.id %% 900) || ', ref ' || md5(k.id::text), '', ''
FROM support_ticket k JOIN seed_plot t ON k.subject = t.subject || ' (PO' || k.id || ')'
WHERE k.id > %(base)s
UNION ALL
SELECT k.id, 'REPLY', true, 'STAFF', k.updated_at, k.owner_id, '', '', %(answer)s, '', ''
FROM support_ticket k WHERE k.id > %(base)s AND k.status <> 'NEW'
"""
_TURNS = """
INSERT INTO support_turnspan (ticket_id, turn, status, began_at, ended_at)
SELECT id, CASE
    WHEN status = 'WAITING_CUSTOMER' THEN 'CUSTOMER' WHEN status = 'WAITING_MICROSOFT' THEN 'MICROSOFT'
    WHEN status IN ('SOLVED', 'CLOSED') THEN 'NOBODY' ELSE 'US' END, status, updated_at, NULL
FROM support_ticket WHERE id > %(base)s
UNION ALL
SELECT id, 'US', 'OPEN', created_at, updated_at FROM support_ticket WHERE id > %(base)s AND status <> 'NEW'
"""
_WORDS = """
INSERT INTO support_ticketwords (ticket_id, words)
SELECT k.id, array_to_tsvector(
    t.words || c.words || p.words || %(answer_words)s || k.tags::text[] || ARRAY[
        '~' || k.id / %(bucket)s, 'po' || k.id, 'aadsts' || (50000 + k.id %% 900), 'ref', md5(k.id::text),
        lower(k.requester_address)
    ]
)
FROM support_ticket k
JOIN seed_plot t ON k.subject = t.subject || ' (PO' || k.id || ')'
JOIN seed_customer c ON c.id = k.customer_id
JOIN seed_person p ON p.name = k.requester_name
WHERE k.id > %(base)s
"""


def seed_tickets(count: int, *, now: datetime, seed: int) -> float:
    """Add so many tickets, the newest three in a hundred open; the seconds that it took."""
    began = time.monotonic()
    with transaction.atomic(), connection.cursor() as cursor:
        base = (Ticket.objects.aggregate(last=Max("pk"))["last"] or 0) if count else 0
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        cursor.execute("SET LOCAL work_mem = '64MB'")
        sizes = _make_tables()
        told = {"base": base, "count": count, "seed": seed, "now": now, "answer": ANSWER, "bucket": BUCKET, **sizes}
        cursor.execute(_TICKETS, told)
        cursor.execute(_ENTRIES, told)
        cursor.execute(_TURNS, told)
        # Word by word into the index it would take ten times as long as all at once.
        cursor.execute("DROP INDEX ticket_words")
        cursor.execute(_WORDS, {**told, "answer_words": sorted(words_of([ANSWER]))})
        cursor.execute("CREATE INDEX ticket_words ON support_ticketwords USING gin (words) WITH (fastupdate = off)")
        cursor.execute("SELECT setval(pg_get_serial_sequence('support_ticket', 'id'), %s)", [max(1, base + count)])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE support_ticket, support_entry, support_turnspan, support_ticketwords")
    return time.monotonic() - began


def _make_tables() -> dict[str, int]:
    """What a ticket is drawn from, as tables of this transaction; how many rows each has."""
    customers = Customer.objects.order_by("pk").values_list("pk", "domain")
    people = [(name, name.lower().replace(" ", "."), sorted(words_of([name]))) for name in NAMES]
    return {
        "customers": _table(
            "CREATE TEMP TABLE seed_customer (n int, id bigint, domain text, words text[]) ON COMMIT DROP",
            "INSERT INTO seed_customer VALUES (%s, %s, %s, %s)",
            [(pk, domain, sorted(words_of([domain]))) for pk, domain in customers],
        ),
        "plots": _table(
            "CREATE TEMP TABLE seed_plot (n int, subject text, text text, family text, kind text, language text,"
            " words text[]) ON COMMIT DROP",
            "INSERT INTO seed_plot VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                (plot.subject, plot.text, plot.family.value, plot.kind, _language(plot.language), _words(plot))
                for plot in PLOTS
            ],
        ),
        "people": _table(
            "CREATE TEMP TABLE seed_person (n int, name text, mailbox text, words text[]) ON COMMIT DROP",
            "INSERT INTO seed_person VALUES (%s, %s, %s, %s)",
            people,
        ),
        "agents": _table(
            "CREATE TEMP TABLE seed_agent (n int, id bigint) ON COMMIT DROP",
            "INSERT INTO seed_agent VALUES (%s, %s)",
            [(person.pk,) for person in _agents()],
        ),
        "queues": _table(
            "CREATE TEMP TABLE seed_queue (n int, id bigint) ON COMMIT DROP",
            "INSERT INTO seed_queue VALUES (%s, %s)",
            [(Queue.objects.get_or_create(name=name)[0].pk,) for name in QUEUES],
        ),
        "tags": _table(
            "CREATE TEMP TABLE seed_tag (n int, word text) ON COMMIT DROP",
            "INSERT INTO seed_tag VALUES (%s, %s)",
            [(tag,) for tag in TAGS],
        ),
    }


def _table(create: str, insert: str, rows: Sequence[tuple[Any, ...]]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(create)
        cursor.executemany(insert, [(number, *row) for number, row in enumerate(rows)])
    return len(rows)


def _words(plot: Plot) -> list[str]:
    return sorted(words_of([plot.subject, plot.text]))


def _language(wanted: str) -> str:
    """A language that the portal speaks, by its beginning."""
    return next((code for code, _name in settings.LANGUAGES if code.lower().startswith(wanted[:2])), "en")


def _agents() -> list[User]:
    """Made-up colleagues who own tickets; nobody can sign in as one."""
    addresses = [f"agent{number + 1:02}@seeded.example" for number in range(AGENTS)]
    for number, address in enumerate(addresses):
        if not User.objects.filter(email=address).exists():
            user = User(name=f"Agent {number + 1:02}", role=Role.SUPPORT_AGENT, email=address)
            user.set_unusable_password()
            user.save()
    return list(User.objects.filter(email__in=addresses).order_by("email"))
