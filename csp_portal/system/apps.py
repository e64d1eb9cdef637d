"""The app system."""

from django.apps import AppConfig


class SystemConfig(AppConfig):
    name = "csp_portal.system"
    label = "system"
