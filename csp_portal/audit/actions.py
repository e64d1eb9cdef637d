"""What is worth an entry in the audit: every act that needs a right, by the name people search for."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Action(models.TextChoices):
    """`thing.done`; an action stays in this list for as long as an entry of it may be read."""

    CONNECTION_ADDED = "connection.added", _("Connection added")
    CONNECTION_CHANGED = "connection.changed", _("Connection changed")
    CONNECTION_PAUSED = "connection.paused", _("Connection paused")
    CONNECTION_REVOKED = "connection.revoked", _("Everything of a connection revoked")
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
    CUSTOMER_ADDED = "customer.added", _("Customer added")
    GROUP_ADDED = "group.added", _("Customer group added")
    GROUP_CHANGED = "group.changed", _("Customer group changed")
    GROUP_DELETED = "group.deleted", _("Customer group deleted")
    LINK_CHANGED = "link.changed", _("Portal link changed")
    AUDIT_EXPORTED = "audit.exported", _("Audit exported")
    PERSON_ADDED = "person.added", _("Person added")
    PERSON_DISABLED = "person.disabled", _("Person disabled")
    PERSON_ENABLED = "person.enabled", _("Person let in again")
    PERSON_PASSWORD_CHANGED = "person.password_changed", _("Password changed")
    PERSON_ROLE_CHANGED = "person.role_changed", _("Role changed")
    PERSON_SECOND_FACTOR_ADDED = "person.second_factor_added", _("Passkey or codes added")
    PERSON_SECOND_FACTOR_REMOVED = "person.second_factor_removed", _("Passkey or codes removed")
    PERSON_SCOPE_CHANGED = "person.scope_changed", _("Visible customers changed")
    PERSON_SESSIONS_ENDED = "person.sessions_ended", _("Sessions ended")
    PERSON_SIGNED_IN = "person.signed_in", _("Signed in")
    PERSON_SIGNED_OUT = "person.signed_out", _("Signed out")
    PERSON_SIGN_IN_FAILED = "person.sign_in_failed", _("Sign-in failed")
    TOKEN_MADE = "token.made", _("API token made")
    TOKEN_REVOKED = "token.revoked", _("API token revoked")
    PORTAL_SET_UP = "portal.set_up", _("Portal set up by its first owner")
    CONNECTION_CONSENTED = "connection.consented", _("Consent given for a connection")
    REFRESH_TOKEN_REPLACED = "connection.refresh_token_replaced", _("Refresh token replaced by a new consent")
    ROLE_GROUP_ADDED = "role_group.added", _("Group that gives a role added")
    ROLE_GROUP_REMOVED = "role_group.removed", _("Group that gives a role removed")
