"""Ways in by mail: asked for on a page, sent by a worker, used once."""

import logging
import secrets
from datetime import datetime, timedelta
from email.utils import parseaddr
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from customers.models import Contact, Customer
from health.notice_runs.wire import Outgoing, Outlet, Refused, Unclear, Unreachable
from health.shares.keeping import PREFIX, hash_of
from support.models import CustomerPerson, SignInLink, Ticket

logger = logging.getLogger(__name__)
LIFE = timedelta(minutes=30)
QUIET = timedelta(minutes=1)  # between two mails to one person
BATCH, MOST_FAILURES = 20, 5
LEASE = timedelta(minutes=2)


def ask_for_links(address: str, *, now: datetime) -> None:
    """Write down that this address wants in, at each customer where somebody has it; for all others nothing."""
    for person in people_at(address):
        if not SignInLink.objects.filter(person=person, asked_at__gt=now - QUIET).exists():
            SignInLink.objects.create(person=person, asked_at=now, due_at=now)


def people_at(address: str) -> list[CustomerPerson]:
    """Who has the address: contacts, and who asked us for help, of customers that we serve."""
    contacts = Contact.objects.kept().filter(address__iexact=address, customer__gone_at__isnull=True)
    found: dict[int, tuple[str, str]] = {one.customer_id: (one.name, one.language) for one in contacts}
    asked = Ticket.objects.filter(requester_address__iexact=address, customer__gone_at__isnull=True)
    for ticket in asked.exclude(customer=None).order_by("-pk")[:50]:
        found.setdefault(ticket.customer_id or 0, (ticket.requester_name, ticket.language))
    people = [
        person_of(customer, address=address, name=found[customer.pk][0], language=found[customer.pk][1])
        for customer in Customer.objects.filter(pk__in=found)
    ]
    return [person for person in people if person.disabled_at is None]


def person_of(customer: Customer, *, address: str, name: str, language: str) -> CustomerPerson:
    """The person with this address at the customer, made where there is none yet."""
    same = CustomerPerson.objects.filter(customer=customer, address__iexact=address)
    if person := same.first():
        return person
    try:
        with transaction.atomic():
            return CustomerPerson.objects.create(
                customer=customer, address=address, name=name[:200], language=language or "en"
            )
    except IntegrityError:  # made by somebody else in this very moment
        return same.get()


@transaction.atomic
def use_link(token: str, *, now: datetime) -> CustomerPerson | None:
    """The person whom the link lets in, this once; None where it was used, has ended or never was."""
    link = _links(token, now=now).select_for_update(of=("self",)).first()
    if link is None:
        return None
    link.used_at = now
    link.save(update_fields=["used_at"])
    return link.person


def person_behind(token: str, *, now: datetime) -> CustomerPerson | None:
    """Whom the link would let in; it is not used by looking, because mail programs look too."""
    link = _links(token, now=now).first()
    return link.person if link else None


def send_links() -> int:
    """Send the mails that are due; a link that is sent twice lets in no one else."""
    sent, links = 0, _claim()
    with Outgoing() as outlet:
        for link in links:
            try:
                _send(link, outlet=outlet)
                sent += 1
            except Unreachable as error:
                logger.warning("The mail server takes no sign-in links: %s", error)
                break  # all of them are due again when the lease is over
            except (Refused, Unclear) as error:
                _note_failure(link, error)
    return sent


def _links(token: str, *, now: datetime) -> QuerySet[SignInLink]:
    found = SignInLink.objects.filter(token_hash=hash_of(token), used_at__isnull=True, ends_at__gt=now)
    open_to = found.filter(person__disabled_at__isnull=True, person__customer__gone_at__isnull=True)
    return open_to.select_related("person__customer")


@transaction.atomic
def _claim() -> list[SignInLink]:
    rows = SignInLink.objects.select_for_update(skip_locked=True, of=("self",)).filter(due_at__lte=Now())
    due = list(rows.select_related("person__customer").order_by("due_at")[:BATCH])
    SignInLink.objects.filter(pk__in=[link.pk for link in due]).update(due_at=Now() + LEASE)
    return due


def _send(link: SignInLink, *, outlet: Outlet) -> None:
    token = PREFIX + secrets.token_hex(24)
    SignInLink.objects.filter(pk=link.pk).update(token_hash=hash_of(token), ends_at=Now() + LIFE)
    mail, sender = letter_of(link.person, token=token), settings.SUPPORT_FROM
    outlet.send(mail, sender=parseaddr(sender)[1], recipient=link.person.address, may_finish=lambda: True)
    SignInLink.objects.filter(pk=link.pk).update(due_at=None, problem="")


def letter_of(person: CustomerPerson, *, token: str) -> EmailMultiAlternatives:
    address = urljoin(settings.PORTAL_URL, reverse("support:my_link", args=[token]))
    with translation.override(person.language):
        body = _(
            "Open your requests and the health of your services with this link:\n\n%(address)s\n\n"
            "It works once, within 30 minutes. If you did not ask for it, nothing has happened: leave it."
        ) % {"address": address}
        subject = _("Your way in: requests and service health of %(customer)s") % {"customer": person.customer.name}
    return EmailMultiAlternatives(
        subject=" ".join(subject.split()), body=body, from_email=settings.SUPPORT_FROM, to=[person.address]
    )


def _note_failure(link: SignInLink, error: Exception) -> None:
    failures = link.failures + 1
    is_final = failures >= MOST_FAILURES or (isinstance(error, Refused) and error.is_final)
    later = None if is_final else Now() + timedelta(minutes=2**failures)
    SignInLink.objects.filter(pk=link.pk).update(due_at=later, failures=failures, problem=str(error)[:300])
