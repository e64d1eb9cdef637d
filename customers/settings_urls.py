"""Addresses of the settings."""

from django.urls import path

from csp_portal.calendars import views as calendar_views
from customers import (
    consent_views,
    first_steps_views,
    group_exports,
    group_views,
    link_views,
    revoke_views,
    role_group_views,
    settings_views,
)

app_name = "settings"
urlpatterns = [
    path("", settings_views.overview, name="overview"),
    path("connections/new/", settings_views.connection_new, name="connection_new"),
    path("connections/consent/", consent_views.connection_consent_callback, name="connection_consent_callback"),
    path("connections/<uuid:connection_id>/", settings_views.connection_edit, name="connection_edit"),
    path("connections/<uuid:connection_id>/test/", settings_views.connection_test, name="connection_test"),
    path("connections/<uuid:connection_id>/import/", settings_views.connection_import, name="connection_import"),
    path("connections/<uuid:connection_id>/pause/", settings_views.connection_pause, name="connection_pause"),
    path("connections/<uuid:connection_id>/revoke/", revoke_views.connection_revoke, name="connection_revoke"),
    path("connections/<uuid:connection_id>/consent/", consent_views.connection_consent, name="connection_consent"),
    path("connections/<uuid:connection_id>/groups/", role_group_views.role_groups, name="role_groups"),
    path(
        "connections/<uuid:connection_id>/groups/<int:pk>/remove/",
        role_group_views.role_group_remove,
        name="role_group_remove",
    ),
    path("first-steps/", first_steps_views.steps, name="first_steps"),
    path("first-steps/dismiss/", first_steps_views.dismiss, name="first_steps_dismiss"),
    path("groups/", group_views.groups, name="groups"),
    path("groups/export.csv", group_exports.groups, name="groups_export"),
    path("groups/new/", group_views.group_new, name="group_new"),
    path("groups/preview/", group_views.group_preview, name="group_preview"),
    path("groups/<int:pk>/", group_views.group_edit, name="group_edit"),
    path("groups/<int:pk>/delete/", group_views.group_delete, name="group_delete"),
    path("people/<int:pk>/", group_views.scope, name="scope"),
    path("calendars/", calendar_views.calendars, name="calendars"),
    path("calendars/new/", calendar_views.calendar_new, name="calendar_new"),
    path("calendars/public-holidays/", calendar_views.public_holidays, name="public_holidays"),
    path("calendars/<int:pk>/", calendar_views.calendar_edit, name="calendar_edit"),
    path("calendars/<int:pk>/delete/", calendar_views.calendar_delete, name="calendar_delete"),
    path("links/", link_views.links, name="links"),
    path("links/<int:pk>/", link_views.link_edit, name="link_edit"),
]
