"""Every address of the portal."""

from django.urls import include, path

from csp_portal.accounts.setup_views import set_up

urlpatterns = [
    path("", include("health.urls")),
    path("", include("support.urls")),
    path("customers/", include("customers.urls")),
    path("delegated-access/", include("customers.gdap.urls")),
    path("alerts/", include("health.alerts.urls")),
    path("settings/alerts/", include("health.alerts.settings_urls")),
    path("", include("health.shares.urls")),
    path("handover/", include("health.shifts.urls")),
    path("settings/", include("customers.settings_urls")),
    path("views/", include("csp_portal.saved_views.urls")),
    path("people/", include("csp_portal.system.people_urls")),
    path("setup/<str:token>/", set_up, name="set_up"),
    path("accounts/", include("csp_portal.system.account_urls")),
    path("api/v1/", include("csp_portal.api_urls")),
    path("", include("csp_portal.system.urls")),
]

handler400 = "csp_portal.system.refusals.unreadable"
handler403 = "csp_portal.system.refusals.forbidden"
handler404 = "csp_portal.system.refusals.not_found"
