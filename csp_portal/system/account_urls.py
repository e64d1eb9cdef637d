"""Addresses of allauth that the portal offers: signing in and out, confirming, passwords, passkeys and codes.

Signing up and changing the sign-in address by oneself are not among them.
"""

from allauth.account import views
from allauth.mfa.base import views as mfa_views
from allauth.mfa.webauthn import views as webauthn_views
from django.db import transaction
from django.urls import path, re_path

from csp_portal.accounts import second_factors, security_views
from csp_portal.accounts.step_up import confirmed_only
from csp_portal.limits.rates import limited
from csp_portal.system import confirm
from csp_portal.system.sign_in import PortalLoginView, password_is_elsewhere

# A try is counted for good before the password is compared, and no guess waits for another one's transaction.
log_in = transaction.non_atomic_requests(PortalLoginView.as_view())
# Each of these leaves a row or sends a mail for whoever asks.
log_in_by_passkey = limited("sign-in", per_minute=120)(webauthn_views.LoginWebAuthnView.as_view())
forgot_password = limited("password reset", per_minute=10)(views.PasswordResetView.as_view())

urlpatterns = [
    path("login/", log_in, name="account_login"),
    path("login/second/", mfa_views.authenticate, name="mfa_authenticate"),
    path("login/passkey/", log_in_by_passkey, name="mfa_login_webauthn"),
    path("security/", security_views.security, name="mfa_index"),
    path("security/sessions/end/", security_views.sessions_end, name="account_sessions_end"),
    path("security/sessions/<str:mark>/end/", security_views.session_end, name="account_session_end"),
    path("security/passkeys/add/", second_factors.add_passkey, name="mfa_add_webauthn"),
    path("security/passkeys/<int:pk>/name/", second_factors.rename_passkey, name="mfa_edit_webauthn"),
    path("security/passkeys/<int:pk>/remove/", second_factors.remove_passkey, name="mfa_remove_webauthn"),
    path("security/app/add/", second_factors.add_app, name="mfa_activate_totp"),
    path("security/app/remove/", second_factors.remove_app, name="mfa_deactivate_totp"),
    path("security/codes/", second_factors.show_codes, name="mfa_view_recovery_codes"),
    path("security/codes/new/", second_factors.make_codes, name="mfa_generate_recovery_codes"),
    path("logout/", views.logout, name="account_logout"),
    path("confirm/", confirm.confirm, name="account_confirm"),
    path("confirm/password/", confirm.confirm_by_password, name="account_reauthenticate"),
    path("confirm/code/", confirm.confirm_by_code, name="mfa_reauthenticate"),
    path("confirm/passkey/", confirm.confirm_by_passkey, name="mfa_reauthenticate_webauthn"),
    path("confirm/role/", confirm.strengthen, name="account_strengthen"),
    path("confirm/done/", confirm.confirmed, name="account_confirmed"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("password/change/", confirmed_only(views.password_change), name="account_change_password"),
    path("password/set/", password_is_elsewhere, name="account_set_password"),
    path("password/reset/", forgot_password, name="account_reset_password"),
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
