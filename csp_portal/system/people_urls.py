"""Addresses of people pages and of the sign-in with Microsoft."""

from django.urls import path

from csp_portal.accounts import tokens, views
from csp_portal.system import sign_in

app_name = "accounts"
urlpatterns = [
    path("", views.people, name="people"),
    path("new/", views.person_new, name="person_new"),
    path("<int:pk>/role/", views.person_role, name="person_role"),
    path("<int:pk>/disable/", views.person_disable, name="person_disable"),
    path("<int:pk>/enable/", views.person_enable, name="person_enable"),
    path("<int:pk>/second-factors/remove/", views.person_factors, name="person_factors"),
    path("tokens/", tokens.all_tokens, name="all_tokens"),
    path("tokens/<str:key>/revoke/", tokens.any_token_revoke, name="any_token_revoke"),
    path("me/", views.profile, name="profile"),
    path("me/tokens/", tokens.token_list, name="token_list"),
    path("me/tokens/new/", tokens.token_new, name="token_new"),
    path("me/tokens/<str:key>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("preferences/", views.preferences, name="preferences"),
    path("no-access/", views.no_access, name="no_access"),
    path("microsoft/<uuid:connection_id>/start/", sign_in.microsoft_start, name="microsoft_start"),
    path("microsoft/callback/", sign_in.microsoft_callback, name="microsoft_callback"),
]
