"""Writes the mail of a notice: plain text and HTML, in the contact's language, with nothing but the run's words."""

from email.utils import formataddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import override

from customers.models import Contact
from customers.opt_out import token_of
from health.models import Notice, NoticeText
from health.notice_runs.texts import Words
from health.notice_runs.words import fill

_SALT = "health.notice"


def words_to(contact: Contact, *, texts: dict[str, NoticeText]) -> tuple[Words, str]:
    """Subject and text for this contact, and their language: the contact's, or where that is empty the other one."""
    order = sorted(texts, key=lambda language: (language != contact.language, language))
    language = next((one for one in order if texts[one].text.strip()), order[0])
    values = {"customer.name": contact.customer.name, "contact.name": contact.name}
    subject = " ".join(fill(texts[language].subject, values).split())
    return Words(subject=subject, text=fill(texts[language].text, values)), language


def mail_to(contact: Contact, *, words: Words, language: str, message_id: str) -> EmailMultiAlternatives:
    """Headers let people leave with one click (RFC 8058), and tell other machines not to answer."""
    link = settings.PORTAL_URL + reverse("customers:opt_out", args=[token_of(contact)])
    with override(language):
        why = _("You get this mail because %(address)s is a contact of %(customer)s.")
        footer = why % {"address": contact.address, "customer": contact.customer.name}
        stop = _("To get no more notices, open this address:")
        facts = {"words": words, "footer": footer, "stop": stop, "link": link, "language": language}
        html = render_to_string("health/mail/notice.html", facts)
    mail = EmailMultiAlternatives(
        subject=words.subject,
        body=f"{words.text.rstrip()}\n\n-- \n{footer}\n{stop}\n{link}\n",
        from_email=settings.NOTICE_FROM,
        to=[formataddr((contact.name, contact.address))],
        reply_to=[settings.NOTICE_REPLY_TO] if settings.NOTICE_REPLY_TO else None,
        headers={
            "Message-ID": message_id,
            "Content-Language": "zh-Hant" if language == "zh-hant" else language,
            "List-Unsubscribe": f"<{link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    mail.attach_alternative(html, "text/html")
    return mail


def message_id_of(notice: Notice) -> str:
    """The same for every try of this notice, so that mail programs and logs know two tries as one mail."""
    return f"<notice.{_mark(notice.pk)}@{urlsplit(settings.PORTAL_URL).hostname}>"


def sender_of(notice: Notice) -> str:
    """Where the mail server sends what it can't deliver: an address of this notice's own, where one is set up."""
    local, at, domain = settings.NOTICE_BOUNCE_ADDRESS.partition("@")
    return f"{local}+{_mark(notice.pk)}@{domain}" if at else settings.NOTICE_FROM_ADDRESS


def notice_of_mark(mark: str) -> int | None:
    """The notice that a mark of ours names; None for one that somebody made up."""
    number, _dot, _mac = mark.partition(".")
    is_ours = number.isdecimal() and len(number) < 19 and constant_time_compare(_mark(int(number)), mark)
    return int(number) if is_ours else None


def _mark(pk: int) -> str:
    return f"{pk}.{salted_hmac(_SALT, str(pk), algorithm='sha256').hexdigest()[:20]}"
