"""What a customer is told of a change of our access before it is made: what, why and when, in their language."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from customers.gdap.rows import role_names, words_of
from customers.models import Contact, Customer, Order, Relationship

Action = Order.Action
_WHAT: dict[str, str | Promise] = {
    Action.CREATE: gettext_lazy(
        "We ask you for these roles in your tenant: %(roles)s. You receive a link to approve it."
    ),
    Action.LOCK: gettext_lazy(
        "We ask you for these roles in your tenant: %(roles)s. You receive a link to approve it."
    ),
    Action.TERMINATE: gettext_lazy("Our access to your tenant with these roles ends: %(roles)s."),
    Action.EXTEND: gettext_lazy(
        "Our access with these roles goes on: %(roles)s. It is extended by six months whenever it would end, until you "
        "or we switch that off."
    ),
    Action.DO_NOT_EXTEND: gettext_lazy(
        "Our access with these roles is no longer extended by itself: %(roles)s. It ends on %(end)s."
    ),
    Action.REMOVE_GLOBAL_ADMINISTRATOR: gettext_lazy(
        "We give back the role Global Administrator in your tenant. We need less to support you."
    ),
    Action.ASSIGN: gettext_lazy("One more group of our people gets roles that you have granted us: %(roles)s."),
    Action.CHANGE_ASSIGNMENT: gettext_lazy(
        "A group of our people gets other ones of the roles that you have granted us: %(roles)s."
    ),
    Action.UNASSIGN: gettext_lazy("A group of our people gives back its access to your tenant."),
    Action.CONSENT: gettext_lazy(
        "The application with which we watch your services may read their health. It reads no mail and no file."
    ),
}
TOLD_OF = frozenset(_WHAT)  # an invitation that is only drafted is nothing to a customer yet


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    subject: str
    text: str
    language: str

    def mailto(self, address: str) -> str:
        """An address that opens the reader's own mail program with this in it."""
        lines = self.text.replace("\r\n", "\n").replace("\n", "\r\n")
        return f"mailto:{quote(address)}?{urlencode({'subject': self.subject, 'body': lines}, quote_via=quote)}"


def draft_notice(
    action: str,
    *,
    customer: Customer,
    contact: Contact | None,
    relationship: Relationship | None,
    reason: str,
    language: str,
    sender: str,
) -> Draft:
    """The words to begin with; whoever sends them may write others."""
    with override(language):
        words = {
            "name": contact.name if contact else _("all"),
            "customer": customer.name,
            "what": _what(action, relationship=relationship),
            "why": reason or _("So that we can go on helping you, with no more rights than that takes."),
            "sender": sender,
        }
        subject = _("%(customer)s: a change of our access to your Microsoft tenant") % words
        text = (
            _(
                "Hello %(name)s,\n\nwe are about to change what we may do in the Microsoft tenant of %(customer)s.\n\n"
                "What changes: %(what)s\n\nWhy: %(why)s\n\nWhen: within the next days.\n\n"
                "If you have a question, or do not want this, answer this mail.\n\n%(sender)s\n"
            )
            % words
        )
    return Draft(subject=subject[:200], text=text, language=language)


def _what(action: str, *, relationship: Relationship | None) -> str:
    names = words_of(relationship.role_ids, names=role_names()) if relationship else ()
    ends_at = relationship.ends_at if relationship else None
    words = {
        "roles": ", ".join(names) or _("see the request"),
        "end": date_format(localtime(ends_at), "DATE_FORMAT") if ends_at else _("the day agreed"),
    }
    return str(_WHAT[action]) % words
