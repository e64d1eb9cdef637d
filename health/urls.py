"""Addresses of health pages."""

from django.urls import include, path

from health import call_views, history_view, list_exports, matrix_view, suspicion_views, views
from health.messages import views as message_views
from health.reviews import views as review_views

app_name = "health"
urlpatterns = [
    path("", include("health.downtime.urls")),
    path("", include("health.notice_runs.urls")),
    path("", views.dashboard, name="dashboard"),
    path("matrix/", matrix_view.matrix, name="matrix"),
    path("matrix/export.csv", list_exports.matrix, name="matrix_export"),
    path("suspicions/export.csv", list_exports.suspicions, name="suspicion_export"),
    path("suspicions/", suspicion_views.suspicion_list, name="suspicion_list"),
    path("suspicions/new/", suspicion_views.suspicion_new, name="suspicion_new"),
    path("suspicions/<int:pk>/", suspicion_views.suspicion_page, name="suspicion_page"),
    path("suspicions/<int:pk>/dismiss/", suspicion_views.suspicion_dismiss, name="suspicion_dismiss"),
    path("messages/", message_views.message_list, name="message_list"),
    path("messages/export.csv", message_views.message_export, name="message_export"),
    path("messages/<int:pk>/", message_views.message_page, name="message_page"),
    path("customers/<uuid:tenant_id>/messages/", message_views.customer_messages, name="customer_messages"),
    path("issues/", views.issue_list, name="issue_list"),
    path("issues/export.csv", views.issue_export, name="issue_export"),
    path("issues/<str:cloud>/<str:microsoft_id>/", views.issue_page, name="issue_page"),
    path(
        "issues/<str:cloud>/<str:microsoft_id>/customers.csv",
        views.issue_customers_export,
        name="issue_customers_export",
    ),
    path("issues/<str:cloud>/<str:microsoft_id>/review/", review_views.review_file, name="review_file"),
    path("issues/<str:cloud>/<str:microsoft_id>/review/again/", review_views.review_again, name="review_again"),
    path("issues/<str:cloud>/<str:microsoft_id>/calls/", call_views.call_list, name="call_list"),
    path("issues/<str:cloud>/<str:microsoft_id>/calls.csv", call_views.call_export, name="call_export"),
    path(
        "issues/<str:cloud>/<str:microsoft_id>/calls/<uuid:tenant_id>/",
        call_views.call_note,
        name="call_note",
    ),
    path(
        "issues/<str:cloud>/<str:microsoft_id>/calls/<uuid:tenant_id>/take-back/",
        call_views.call_take_back,
        name="call_take_back",
    ),
    path("customers/<uuid:tenant_id>/health/", views.customer_health, name="customer_health"),
    path("customers/<uuid:tenant_id>/health/history/", history_view.customer_history, name="customer_history"),
    path("customers/<uuid:tenant_id>/health/panel/", views.customer_panel, name="customer_panel"),
]
