"""Addresses of notice runs; they belong to the namespace of health."""

from django.urls import path

from health import list_exports
from health.notice_runs import proof_views, template_views, views

urlpatterns = [
    path("notice-runs/", views.run_list, name="run_list"),
    path("notice-runs/export.csv", list_exports.runs, name="run_list_export"),
    path("notice-runs/new/", views.run_new, name="run_new"),
    path("notice-runs/<int:pk>/", views.run_page, name="run_page"),
    path("notice-runs/<int:pk>/edit/", views.run_edit, name="run_edit"),
    path("notice-runs/<int:pk>/discard/", views.run_discard, name="run_discard"),
    path("notice-runs/<int:pk>/notices.csv", proof_views.run_export, name="run_export"),
    path("notice-runs/<int:pk>/notices/<int:notice_pk>/settle/", views.notice_settle, name="notice_settle"),
    path("notice-runs/<int:pk>/steps/<str:step>/", views.run_step, name="run_step"),
    path("issues/<str:cloud>/<str:microsoft_id>/notice-run/", views.run_of_issue, name="run_of_issue"),
    path("customers/<uuid:tenant_id>/notices/", proof_views.customer_notices, name="customer_notices"),
    path("customers/<uuid:tenant_id>/notices.csv", proof_views.customer_notices_export, name="customer_notices_export"),
    path("settings/notice-texts/", template_views.template_list, name="template_list"),
    path("settings/notice-texts/<str:kind>/<str:language>/", template_views.template_edit, name="template_edit"),
]
