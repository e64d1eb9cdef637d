"""Addresses of the settings of mailboxes."""

from django.urls import path

from support.mailboxes import settings_views as views

_SETTINGS = "settings/desk/mailboxes/"

urlpatterns = [
    path(_SETTINGS, views.mailboxes, name="mailboxes"),
    path(f"{_SETTINGS}new/", views.mailbox_new, name="mailbox_new"),
    path(f"{_SETTINGS}<uuid:mailbox_id>/", views.mailbox_edit, name="mailbox_edit"),
    path(f"{_SETTINGS}<uuid:mailbox_id>/delete/", views.mailbox_delete, name="mailbox_delete"),
    path(f"{_SETTINGS}<uuid:mailbox_id>/test/", views.mailbox_test, name="mailbox_test"),
    path(f"{_SETTINGS}<uuid:mailbox_id>/pause/", views.mailbox_pause, name="mailbox_pause"),
]
