"""What every row has that is a mail on its way."""

from django.db import models


class MailRow(models.Model):
    """Due again and again until the mail server took it or nobody can say; `epoch` is whose turn it is to write.

    A subclass has a `state`: WAITING, SENDING, UNCERTAIN, FAILED, and a word of its own for what was taken.
    """

    state: "models.CharField[str, str]"
    due_at = models.DateTimeField(null=True, blank=True)
    epoch = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True
