"""Addresses of the settings of alerts."""

from django.urls import path

from health.alerts import delivery_views, settings_exports, settings_views

app_name = "alert_settings"
urlpatterns = [
    path("", settings_views.rules, name="rules"),
    path("rules/export.csv", settings_exports.rules, name="rules_export"),
    path("targets/export.csv", settings_exports.targets, name="targets_export"),
    path("rules/new/", settings_views.rule_new, name="rule_new"),
    path("rules/<int:pk>/", settings_views.rule_edit, name="rule_edit"),
    path("rules/<int:pk>/delete/", settings_views.rule_delete, name="rule_delete"),
    path("targets/new/", settings_views.target_new, name="target_new"),
    path("targets/<uuid:target_id>/", settings_views.target_edit, name="target_edit"),
    path("targets/<uuid:target_id>/delete/", settings_views.target_delete, name="target_delete"),
    path("targets/<uuid:target_id>/test/", settings_views.target_test, name="target_test"),
    path("deliveries/", delivery_views.deliveries, name="deliveries"),
    path("deliveries/export.csv", delivery_views.deliveries_export, name="deliveries_export"),
    path("deliveries/<uuid:delivery_id>/", delivery_views.delivery, name="delivery"),
    path("deliveries/<uuid:delivery_id>/replay/", delivery_views.delivery_replay, name="delivery_replay"),
]
