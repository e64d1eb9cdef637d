"""How long each step of filing may take, and the clock that counts: the database's."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import DateTimeField, Func

from csp_portal.microsoft.azure_support_writes import CALL_SECONDS


class Clock(Func):
    """The database's time of this very moment, also inside a transaction."""

    function = "CLOCK_TIMESTAMP"
    template = "%(function)s()"
    output_field = DateTimeField()


@dataclass(frozen=True, kw_only=True, slots=True)
class Tempo:
    """`deadline` is a call's; it ends well within the `lease`, and its bytes leave within `begin_within` or not at all.

    `quiet` is longer than a deadline and the longest time after which Microsoft shows what it has made.
    """

    lease: timedelta = timedelta(seconds=60)
    deadline: float = CALL_SECONDS
    begin_within: float = 10.0
    quiet: timedelta = timedelta(minutes=5)
    between: timedelta = timedelta(minutes=5)
    # How long an operation is asked after that Microsoft has taken.
    patience: timedelta = timedelta(minutes=10)
    poll: float = 10.0

    @property
    def needed(self) -> timedelta:
        """What has to be left of the lease when a try begins."""
        return timedelta(seconds=self.begin_within + self.deadline)


SHIPPED = Tempo()
