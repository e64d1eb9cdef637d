"""What a customer's Global Administrator is sent to approve a relationship, in the customer's language."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action as Act
from csp_portal.audit.log import record
from customers.gdap.periods import days_of
from customers.gdap.queries import INVITATION_LASTS
from customers.gdap.rows import role_names, words_of
from customers.models import Contact, InvitationSending, Relationship

LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """A text to copy or to open in one's own mail program."""

    language: str
    to: str
    subject: str
    text: str

    @property
    def mailto(self) -> str:
        return f"mailto:{quote(self.to)}?{urlencode({'subject': self.subject, 'body': self.text}, quote_via=quote)}"


def approval_link_of(relationship: Relationship) -> str:
    """Where a Global Administrator of the customer approves; only while approval is asked for does it work."""
    cloud = settings.MICROSOFT_CLOUDS.get(relationship.connection.cloud)
    return cloud.approval_link(relationship.microsoft_id) if cloud else ""


def contacts_of(relationship: Relationship) -> list[Contact]:
    """Whom the invitation may be sent to, who wants no mail from us left out."""
    if relationship.customer is None:
        return []
    kept = relationship.customer.contacts.filter(removed_at__isnull=True, opted_out_at__isnull=True)
    return list(kept.order_by("name", "pk"))


def language_for(contacts: list[Contact], *, asked: str, shown: str) -> str:
    """The one asked for, else the first contact's, else the one of the page."""
    wanted = (asked, *(contact.language for contact in contacts[:1]), shown)
    return next((code for code in wanted if code in LANGUAGES), LANGUAGES[0])


def mail_of(relationship: Relationship, *, to: str, language: str, sender: User) -> Mail:
    """The invitation in the customer's language, with what it grants, for how long, and until when it can be taken."""
    link, roles = approval_link_of(relationship), words_of(relationship.role_ids, names=role_names())
    with translation.override(language):
        lines = [
            _("Dear Sir or Madam,"),
            _(
                "so that we can help you with your Microsoft services, we ask you to grant us limited rights in your "
                "tenant. A Global Administrator of your organization can review and approve them here:"
            ),
            link,
            _("It is about these roles: %(roles)s.") % {"roles": ", ".join(roles)},
            _("They would last %(days)s days from your approval. You can take them back in your admin center any time.")
            % {"days": days_of(relationship.duration) or relationship.duration},
            *_deadline(relationship),
            _("Kind regards") + f"\n{sender.name}",
        ]
        subject = _("Please approve our delegated admin rights")
    return Mail(language=language, to=to, subject=subject, text="\n\n".join(lines))


def _deadline(relationship: Relationship) -> list[str]:
    if relationship.locked_at is None:
        return []
    day = date_format((relationship.locked_at + INVITATION_LASTS).date(), "DATE_FORMAT")
    return [_("The invitation can be accepted until %(day)s.") % {"day": day}]


def note_sending(relationship: Relationship, *, to: str, language: str, by: User, now: datetime) -> InvitationSending:
    """That a person has sent it, by their own mail program or by hand."""
    sending = InvitationSending.objects.create(relationship=relationship, at=now, by=by, to=to[:320], language=language)
    customer = relationship.customer
    told = {"to": to, "language": language}
    record(
        Act.INVITATION_SENT, by=by, about=relationship, customer=customer.tenant_id if customer else None, after=told
    )
    return sending
