"""The next promise of a ticket as a column of its own, so that lists can be sorted by it."""

import datetime
from typing import ClassVar

from django.db import migrations, models

_FILL = """
    UPDATE support_ticket SET promise_at = next.at
    FROM (
        SELECT ticket_id, min(coalesce(breached_at, ends_at)) AS at
        FROM support_slaclock WHERE ended_at IS NULL AND kind <> 'MICROSOFT' GROUP BY ticket_id
    ) next
    WHERE next.ticket_id = support_ticket.id AND next.at IS NOT NULL
"""
_NEVER = datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("support", "0010_received_mail"),
    ]

    operations: ClassVar = [
        migrations.AddField("ticket", "promise_at", models.DateTimeField(db_default=_NEVER, default=_NEVER)),
        migrations.AddIndex(
            "ticket",
            models.Index(
                fields=["promise_at", "id"],
                condition=models.Q(("status__in", ["SOLVED", "CLOSED"]), _negated=True),
                name="ticket_next_promise",
            ),
        ),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
    ]
