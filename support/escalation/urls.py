"""Addresses of the way to Microsoft."""

from django.urls import path

from support.escalation import bouncing_views, filing_views, list_views, settings_views, views
from support.escalation.following import views as following_views
from support.escalation.pack import views as pack_views

_TICKET = "tickets/<int:number>/escalate/"
_ONE = "tickets/<int:number>/escalations/<int:pk>/"
_SETTINGS = "settings/desk/escalations/"

urlpatterns = [
    path("escalations/", list_views.escalation_list, name="escalation_list"),
    path("escalations/export.csv", list_views.escalation_list_export, name="escalation_list_export"),
    path(_TICKET, views.escalate, name="escalate"),
    path(f"{_TICKET}gate/", views.escalate_gate, name="escalate_gate"),
    path(f"{_TICKET}check/", views.escalate_check, name="escalate_check"),
    path(f"{_TICKET}checklists/<int:pk>/", views.escalate_tick, name="escalate_tick"),
    path(f"{_TICKET}begin/", views.escalate_begin, name="escalate_begin"),
    path(_ONE, filing_views.escalation_page, name="escalation_page"),
    path(f"{_ONE}state/", filing_views.escalation_state, name="escalation_state"),
    path(f"{_ONE}form/", filing_views.escalation_form, name="escalation_form"),
    path(f"{_ONE}number/", filing_views.escalation_number, name="escalation_number"),
    path(f"{_ONE}again/", filing_views.escalation_again, name="escalation_again"),
    path(f"{_ONE}bounced/", bouncing_views.escalation_bounce, name="escalation_bounce"),
    path(f"{_ONE}bounced/<int:bounce>/item/", bouncing_views.escalation_bounce_item, name="escalation_bounce_item"),
    path(f"{_ONE}news/", following_views.escalation_news, name="escalation_news"),
    path(f"{_ONE}say/", following_views.escalation_say, name="escalation_say"),
    path(f"{_ONE}act/", following_views.escalation_act, name="escalation_act"),
    path(f"{_ONE}pack/", pack_views.escalation_pack, name="escalation_pack"),
    path(f"{_ONE}pack/file/", pack_views.escalation_pack_file, name="escalation_pack_file"),
    path(_SETTINGS, settings_views.desk_escalations, name="desk_escalations"),
    path(f"{_SETTINGS}partner/", settings_views.desk_partner_types, name="desk_partner_types"),
    path(f"{_SETTINGS}plans/new/", settings_views.support_plan_new, name="support_plan_new"),
    path(f"{_SETTINGS}plans/<int:pk>/", settings_views.support_plan_edit, name="support_plan_edit"),
    path(f"{_SETTINGS}plans/<int:pk>/delete/", settings_views.support_plan_delete, name="support_plan_delete"),
    path(f"{_SETTINGS}rules/<slug:key>/", settings_views.entitlement_rule, name="entitlement_rule"),
    path(f"{_SETTINGS}checklists/<int:pk>/", settings_views.baseline_edit, name="baseline_edit"),
]
