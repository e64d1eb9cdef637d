"""Runs and notices for programs: read-only, only what concerns customers that the token's person may see."""

from typing import cast

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from csp_portal.accounts.api import HasCapability, Paging
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from health.models import Notice, NoticeRun
from health.notice_runs.queries import visible_notices, visible_runs, with_counts


class NoticeRunSerializer(serializers.ModelSerializer[NoticeRun]):
    issue = serializers.CharField(source="issue.microsoft_id", default="", help_text="Microsoft's id, or empty.")
    author = serializers.CharField(source="author.name")
    approver = serializers.CharField(source="approver.name", default="")
    notices = serializers.IntegerField(source="all_notices", help_text="To customers that you may see.")
    sent = serializers.IntegerField()
    troubled = serializers.IntegerField(help_text="Bounced, not sent, or uncertain.")

    class Meta:
        model = NoticeRun
        fields = (
            *("id", "state", "kind", "topic", "title", "issue", "cloud", "audience", "is_urgent", "author"),
            *("drafted_at", "approver", "approved_at", "stopped_at", "ended_at", "notices", "sent", "troubled"),
        )
        read_only_fields = fields


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    run = serializers.IntegerField(source="run_id")
    tenant_id = serializers.UUIDField(source="customer.tenant_id")
    customer = serializers.CharField(source="customer.name")
    contact = serializers.CharField(source="contact.name")

    class Meta:
        model = Notice
        fields = (
            *("id", "run", "tenant_id", "customer", "contact", "address", "state", "due_at", "sent_at"),
            *("message_id", "answer", "subject", "text"),
        )
        read_only_fields = fields


class NoticeRunFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=NoticeRun.State.choices)
    issue = django_filters.CharFilter(field_name="issue__microsoft_id", label="Microsoft's id of the issue")


class NoticeFilter(django_filters.FilterSet):
    run = django_filters.NumberFilter(field_name="run_id", label="the run's number", max_value=2**62, min_value=0)
    tenant_id = django_filters.UUIDFilter(field_name="customer__tenant_id")
    state = django_filters.ChoiceFilter(choices=Notice.State.choices)


class NoticeRunViewSet(ReadOnlyModelViewSet[NoticeRun]):
    """What customers were told: who wrote and approved it, and how far it got."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = NoticeRunSerializer
    pagination_class = Paging
    filterset_class = NoticeRunFilter
    lookup_value_regex = "[0-9]{1,18}"
    queryset = NoticeRun.objects.none()

    def get_queryset(self) -> QuerySet[NoticeRun]:
        user = cast(User, self.request.user)
        return with_counts(visible_runs(user), user=user)


class NoticeViewSet(ListModelMixin, GenericViewSet[Notice]):
    """Who was told what, and when; with the mail server's answer."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = NoticeSerializer
    pagination_class = Paging
    filterset_class = NoticeFilter
    queryset = Notice.objects.none()

    def get_queryset(self) -> QuerySet[Notice]:
        return visible_notices(cast(User, self.request.user))
