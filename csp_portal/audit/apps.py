"""The app audit."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "csp_portal.audit"
    label = "audit"
