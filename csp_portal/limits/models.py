"""How often something was asked for lately."""

from django.db import models


class Count(models.Model):
    """Asked for so often by so somebody since the window began; `until` is when it ends, by the database's clock."""

    key = models.CharField(max_length=200, primary_key=True)
    until = models.DateTimeField(db_index=True)
    times = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.key}: {self.times}"
