"""Signs of life of the processes that read feeds."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def note(self, name: str, *, now: datetime, **detail: Any) -> None:
        """Say that `name` (`worker`: a task ran; `sweep`: due feeds were looked for) was alive now."""
        self.update_or_create(name=name, defaults={"at": now, "detail": detail})


class Heartbeat(models.Model):
    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    objects: ClassVar[HeartbeatQuerySet] = HeartbeatQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"
