"""An incident that lasts for weeks stays on its customer's page."""

from datetime import timedelta

from django.utils import timezone

from customers.models import State
from health.models import Exposure, Issue


def test_an_incident_that_is_open_for_forty_days_is_still_shown(as_viewer, customers):
    began = timezone.now() - timedelta(days=40)
    issue = Issue.objects.create(
        cloud="custom",
        microsoft_id="EX400000",
        title="Mail is late for weeks",
        service_name="Exchange Online",
        classification="INCIDENT",
        classification_raw="incident",
        status="DEGRADATION",
        status_raw="serviceDegradation",
        state=State.INCIDENT,
        first_seen_at=began,
        changed_at=began,
    )
    Exposure.objects.create(issue=issue, customer=customers[0], first_seen_at=began, last_seen_at=began)

    page = as_viewer.get(f"/customers/{customers[0].tenant_id}/health/").content.decode()

    assert "Mail is late for weeks" in page
