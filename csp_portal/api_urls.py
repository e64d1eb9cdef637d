"""Addresses of the API."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.routers import APIRootView, DefaultRouter

from csp_portal.accounts.api import HasCapability
from csp_portal.accounts.rights import Capability
from csp_portal.attachments.take_in import LARGEST_BODY
from csp_portal.limits.middleware import takes_up_to
from csp_portal.saved_views.api import SavedViewViewSet
from customers.api import CustomerViewSet, GroupViewSet
from customers.contacts_api import ContactViewSet
from customers.gdap.api import RelationshipViewSet
from customers.gdap.expiry_api import AccessForecastViewSet
from customers.gdap.matrix_api import CapabilitiesViewSet
from customers.gdap.orders_api import OrderItemViewSet, OrderViewSet
from customers.gdap.telling_api import ChangeNoticeViewSet, ConsentViewSet
from health.alerts.api import AlertViewSet
from health.api import ExposureViewSet, IssueViewSet, ServiceStateViewSet
from health.downtime.api import DowntimeViewSet
from health.history_api import HistoryViewSet
from health.messages.api import MessageViewSet
from health.notice_runs.api import NoticeRunViewSet, NoticeViewSet
from health.shares.api import ShareViewSet
from health.shifts.api import HandoverViewSet
from health.suspicions_api import SuspicionViewSet
from support.erasing.api import DataDeletionsView, DataExportFileView, DataExportsView
from support.files_api import TicketFilesView, TicketFileView
from support.insight.api import InsightViewSet
from support.knowledge.api import RunbookViewSet
from support.lists.api import TicketViewSet
from support.moving.api import TicketImportsView, TicketImportView
from support.offers.api import OfferGapViewSet, OfferViewSet
from support.reports.api import DeskReportViewSet
from support.tools.bell_api import BellViewSet
from support.tools.canned_api import CannedReplyViewSet
from support.tools.macro_api import MacroViewSet


class SchemaView(SpectacularAPIView):
    """The OpenAPI description of everything below /api/v1/."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]

    def _get_version_parameter(self, request: Request) -> None:
        """There is one version; what ?version= says would stand in the name of the file, and break the header."""


class Root(APIRootView):
    """Where everything is."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]


class Router(DefaultRouter):
    APIRootView = Root
    include_format_suffixes = False


router = Router(use_regex_path=True)
router.register("customers", CustomerViewSet, basename="customer")
router.register("groups", GroupViewSet, basename="group")
router.register("capabilities", CapabilitiesViewSet, basename="capability")
router.register("access-orders", OrderViewSet, basename="access-order")
router.register("access-order-rows", OrderItemViewSet, basename="access-order-row")
router.register("change-notices", ChangeNoticeViewSet, basename="change-notice")
router.register("consents", ConsentViewSet, basename="consent")
router.register("alerts", AlertViewSet, basename="alert")
router.register("issues", IssueViewSet, basename="issue")
router.register("suspicions", SuspicionViewSet, basename="suspicion")
router.register("shares", ShareViewSet, basename="share")
router.register("exposures", ExposureViewSet, basename="exposure")
router.register("service-states", ServiceStateViewSet, basename="service-state")
router.register("history", HistoryViewSet, basename="history")
router.register("messages", MessageViewSet, basename="message")
router.register("contacts", ContactViewSet, basename="contact")
router.register("relationships", RelationshipViewSet, basename="relationship")
router.register("notice-runs", NoticeRunViewSet, basename="notice-run")
router.register("notices", NoticeViewSet, basename="notice")
router.register("handover", HandoverViewSet, basename="handover")
router.register("saved-views", SavedViewViewSet, basename="saved-view")
router.register("tickets", TicketViewSet, basename="ticket")
router.register("canned-replies", CannedReplyViewSet, basename="canned-reply")
router.register("bells", BellViewSet, basename="bell")
router.register("macros", MacroViewSet, basename="macro")
router.register("runbooks", RunbookViewSet, basename="runbook")
router.register("desk-report", DeskReportViewSet, basename="desk-report")
router.register("insight", InsightViewSet, basename="insight")
router.register("support-offers", OfferViewSet, basename="support-offer")
router.register("support-offer-gaps", OfferGapViewSet, basename="support-offer-gap")
router.register("downtimes", DowntimeViewSet, basename="downtime")
router.register("access-forecast", AccessForecastViewSet, basename="access-forecast")

app_name = "api"
imports = takes_up_to(LARGEST_BODY)(TicketImportsView.as_view())
files = takes_up_to(LARGEST_BODY)(TicketFilesView.as_view())
urlpatterns = [
    path("schema/", SchemaView.as_view(), name="schema"),
    path("tickets/<int:number>/attachments/", files, name="ticket_files"),
    path("tickets/<int:number>/attachments/<str:key>/", TicketFileView.as_view(), name="ticket_file"),
    path("customers/<uuid:tenant_id>/data-exports/", DataExportsView.as_view(), name="data_exports"),
    path("customers/<uuid:tenant_id>/data-exports/<int:pk>/", DataExportFileView.as_view(), name="data_export"),
    path("data-deletions/", DataDeletionsView.as_view(), name="data_deletions"),
    path("ticket-imports/", imports, name="ticket_imports"),
    path("ticket-imports/<int:pk>/", TicketImportView.as_view(), name="ticket_import"),
    path("", include(router.urls)),
]
