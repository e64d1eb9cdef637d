"""Celery's hand for the audit: `audit.copy` brings the second place up to date."""

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from csp_portal.audit.copies import CopyError, copy_to

logger = logging.getLogger(__name__)


@shared_task(name="audit.copy")
def copy() -> None:
    if settings.AUDIT_COPY_FILE is None:
        return
    try:
        copy_to(settings.AUDIT_COPY_FILE, now=timezone.now())
    except CopyError as error:  # noted for the system page
        logger.error("The audit was not copied: %s", error)
