"""The app notices."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "csp_portal.notices"
    label = "notices"
