"""The app saved views: names that people give to the filters of a list."""

from django.apps import AppConfig


class SavedViewsConfig(AppConfig):
    name = "csp_portal.saved_views"
    label = "saved_views"
