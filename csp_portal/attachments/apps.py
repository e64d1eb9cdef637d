"""The app attachments."""

from django.apps import AppConfig


class AttachmentsConfig(AppConfig):
    name = "csp_portal.attachments"
    label = "attachments"
