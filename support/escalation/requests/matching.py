"""Which of our escalations a service request is: the same customer and the same number, or a person's word."""

import re

from support.models import Escalation, ServiceRequest


def normalized(number: str) -> str:
    """Numbers as people write them: without spaces, dashes and number signs."""
    return re.sub(r"[^0-9A-Z]", "", number.upper())


def match(row: ServiceRequest) -> None:
    """By number, among the filed escalations of this very customer; one that is matched stays so."""
    if row.escalation_id is not None:
        return
    filed = Escalation.objects.filter(ticket__customer=row.customer_id).exclude(microsoft_number="")
    for one in filed.filter(service_requests=None).order_by("-pk"):
        if normalized(one.microsoft_number) == normalized(row.request_id):
            ServiceRequest.objects.filter(pk=row.pk).update(escalation=one)
            row.escalation = one
            return


def candidates_of(row: ServiceRequest) -> list[Escalation]:
    """What a person may match it with: filed for this customer, and no other request's yet."""
    filed = Escalation.objects.filter(ticket__customer=row.customer_id, service_requests=None)
    states = (Escalation.State.FILED, Escalation.State.CLOSED)
    return list(filed.filter(state__in=states).select_related("ticket").order_by("-pk")[:50])
