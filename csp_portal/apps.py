"""The project package as an app: template tags, static files and the commands that concern the whole portal."""

from django.apps import AppConfig

from csp_portal import checks  # noqa: F401  # registers the system checks


class PortalConfig(AppConfig):
    name = "csp_portal"
    label = "portal"
