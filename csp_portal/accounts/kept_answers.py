"""Clearing away answers that no program asks for again; apart, so that workers need not load the API for it."""

from datetime import datetime

from csp_portal.accounts.api_models import KeptAnswer


def forget_old_answers(*, now: datetime) -> int:
    """Drop what no repetition needs any more; how many there were."""
    return KeptAnswer.objects.filter(made_at__lt=now - KeptAnswer.KEPT_FOR).delete()[0]
