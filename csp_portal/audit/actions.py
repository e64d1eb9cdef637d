"""What is worth an entry in the audit: every act that needs a right, by the name people search for."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Action(models.TextChoices):
    """`thing.done`; an action stays in this list for as long as an entry of it may be read."""

    CONNECTION_ADDED = "connection.added", _("Connection added")
    CONNECTION_CHANGED = "connection.changed", _("Connection changed")
    CONNECTION_PAUSED = "connection.paused", _("Connection paused")
    CONNECTION_RESUMED = "connection.resumed", _("Connection resumed")
    CONNECTION_TESTED = "connection.tested", _("Connection tested")
    CUSTOMERS_EXPORTED = "customers.exported", _("Customers exported")
    CUSTOMERS_IMPORT_ASKED = "customers.import_asked", _("Import of customers asked for")
    CUSTOMER_TAGS_CHANGED = "customer.tags_changed", _("Tags of a customer changed")
    ISSUES_EXPORTED = "issues.exported", _("Issues exported")
    ISSUE_CUSTOMERS_EXPORTED = "issue.customers_exported", _("Customers of an issue exported")
    CUSTOMER_PAUSED = "customer.paused", _("Customer paused")
    CUSTOMER_RESUMED = "customer.resumed", _("Customer resumed")
    WRITES_STOPPED = "writes.stopped", _("All writes stopped")
    WRITES_RELEASED = "writes.released", _("Writes released")
    LINK_CHANGED = "link.changed", _("Portal link changed")
    AUDIT_EXPORTED = "audit.exported", _("Audit exported")
