"""What can be done about a mailbox, in words."""

from django import template
from django.utils.functional import Promise

from support.mailboxes.problems import HOW_TO_MEND

register = template.Library()


@register.filter
def how_to_mend(problem: str) -> str | Promise:
    """What a person can do about this problem."""
    return HOW_TO_MEND.get(problem, "")
