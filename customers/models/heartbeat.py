"""Signs of life of the processes that read feeds."""

import os
import platform
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def note(self, name: str, *, now: datetime, **detail: Any) -> None:
        """Say that `name` (`worker`: a task ran; `sweep`: due feeds were looked for) was alive now."""
        self.update_or_create(name=name, defaults={"at": now, "detail": detail})

    def note_worker(self, *, now: datetime) -> None:
        """Say that this process, a worker, has just run a task."""
        self.note("worker", now=now, host=platform.node(), pid=os.getpid(), version=settings.VERSION)


class Heartbeat(models.Model):
    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    objects: ClassVar[HeartbeatQuerySet] = HeartbeatQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"
