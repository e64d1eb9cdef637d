"""What happened, who of us has to be told, by which way, and what became of it."""

from csp_portal.notices.models.delivery import Delivery
from csp_portal.notices.models.event import Event, EventQuerySet, Step
from csp_portal.notices.models.rule import Rule
from csp_portal.notices.models.target import Target

__all__ = ["Delivery", "Event", "EventQuerySet", "Rule", "Step", "Target"]
