"""Addresses of the desk."""

from django.urls import URLPattern, URLResolver, include, path

app_name = "support"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("support.mail.urls")),
    path("", include("support.ticket_urls")),
    path("", include("support.known.urls")),
    path("", include("support.lists.urls")),
    path("", include("support.sla.urls")),
    path("", include("support.mailboxes.urls")),
    path("", include("support.knowledge.urls")),
    path("", include("support.reports.urls")),
    path("", include("support.insight.urls")),
    path("", include("support.tools.urls")),
    path("", include("support.customer_side.urls")),
    path("", include("support.escalation.urls")),
    path("", include("support.escalation.requests.urls")),
    path("", include("support.moving.urls")),
    path("", include("support.offers.urls")),
    path("", include("support.erasing.urls")),
]
