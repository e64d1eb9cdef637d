"""The moments that tests of notices speak of."""

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
DEALT = NOW + timedelta(minutes=1)  # when what was raised at NOW is told
