"""What choices are called in the description of the API, where their fields alone would not tell them apart."""

ENUM_NAMES = {
    "StateEnum": "customers.api.STATE_CHOICES",
    "AlertKindEnum": "csp_portal.notices.kinds.EventKind",
    "TopicEnum": "customers.models.contact.Contact.Topic",
    "AlertSeverityEnum": "health.alerts.api.SEVERITIES",
    "IssueStatusEnum": "health.models.Issue.Status",
    "OrderActionEnum": "customers.models.Order.Action",
    "WayEnum": "customers.models.ChangeNotice.Way",
    "EscalationWayEnum": "support.models.escalation.Escalation.Way",
    "FamilyEnum": "support.models.words.Family",
    "TicketKindEnum": "support.models.words.Kind",
    "TicketSeverityEnum": "support.models.words.Severity",
    "TicketStatusEnum": "support.models.words.Status",
}
