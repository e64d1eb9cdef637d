"""The app limits."""

from django.apps import AppConfig


class LimitsConfig(AppConfig):
    name = "csp_portal.limits"
    label = "limits"
