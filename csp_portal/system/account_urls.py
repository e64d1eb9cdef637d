"""Addresses of allauth that the portal offers: signing in and out with a password, changing and resetting it.

Signing up and changing the sign-in address by oneself are not among them.
"""

from allauth.account import views
from django.db import transaction
from django.urls import path, re_path

from csp_portal.accounts.step_up import confirmed_only
from csp_portal.system import confirm
from csp_portal.system.sign_in import PortalLoginView, password_is_elsewhere

# A try is counted for good before the password is compared, and no guess waits for another one's transaction.
log_in = transaction.non_atomic_requests(PortalLoginView.as_view())

urlpatterns = [
    path("login/", log_in, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("confirm/", confirm.confirm, name="account_confirm"),
    path("confirm/password/", confirm.confirm_by_password, name="account_reauthenticate"),
    path("confirm/done/", confirm.confirmed, name="account_confirmed"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("password/change/", confirmed_only(views.password_change), name="account_change_password"),
    path("password/set/", password_is_elsewhere, name="account_set_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
