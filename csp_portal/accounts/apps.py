"""The app accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "csp_portal.accounts"
    label = "accounts"
