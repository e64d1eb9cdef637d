"""Tells contacts of an offer by mail: each mail once, whenever a worker dies."""

from datetime import datetime, timedelta
from email.utils import parseaddr
from urllib.parse import urljoin

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.models import Contact, Customer
from support.mail.once import Letter, MailQueue
from support.models import OfferTold, OfferVersion, SupportOffer
from support.offers.pdf import pdf_of
from support.offers.sheet import sheet_of
from support.offers.standing import WITH_ALL

State, Way = OfferTold.State, OfferTold.Way
_SALT, _MARK = "support offer", "csp_"
LIFE = timedelta(days=366)  # of the link in a mail
_WITH_VERSION = ("version", *(f"version__{name}" for name in WITH_ALL))


def contacts_to_tell(customer: Customer) -> list[Contact]:
    """Whom a mail reaches; who wants none of our mails gets none."""
    kept = Contact.objects.kept().filter(customer=customer, bounced_at__isnull=True, opted_out_at__isnull=True)
    return list(kept.order_by("name", "pk"))


@transaction.atomic
def tell_by_mail(version: OfferVersion, contacts: list[Contact], *, by: User, now: datetime) -> int:
    """Write down who is to be told; a worker sends. Whose mail is on its way already gets no second one."""
    SupportOffer.objects.select_for_update().get(pk=version.offer_id)
    on_its_way = version.told.filter(way=Way.MAIL, state__in=[State.WAITING, State.SENDING])
    waiting = {address.casefold() for address in on_its_way.values_list("address", flat=True)}
    contacts = [one for one in contacts if one.address.casefold() not in waiting]
    rows = [
        OfferTold(
            **{"version": version, "way": Way.MAIL, "state": State.WAITING, "contact": one, "name": one.name},
            **{"address": one.address, "language": one.language, "by": by, "asked_at": now, "due_at": now},
        )
        for one in contacts
    ]
    if not rows:
        return 0
    OfferTold.objects.bulk_create(rows)
    _note(version, by=by, after={"way": Way.MAIL.value, "to": [one.address for one in contacts]})
    return len(rows)


@transaction.atomic
def note_told(version: OfferVersion, *, name: str, note: str, at: datetime, by: User, now: datetime) -> OfferTold:
    """By hand: in a meeting, with the contract, on the phone."""
    told = OfferTold.objects.create(
        version=version, way=Way.HAND, name=name, note=note, by=by, asked_at=now, at=at, confirmed_at=at
    )
    _note(version, by=by, after={"way": Way.HAND.value, "to": name, "at": at.isoformat(), "note": note})
    return told


def _note(version: OfferVersion, *, by: User, after: dict[str, object]) -> None:
    customer = version.offer.customer
    record(
        Action.OFFER_TOLD,
        by=by,
        about=version,
        customer=customer.tenant_id if customer else None,
        after={"number": version.number, **after},
    )


def token_of(told: OfferTold) -> str:
    """In letters and digits behind the mark by which the log knows secrets."""
    return _MARK + signing.dumps(told.pk, salt=_SALT).encode().hex()


def told_behind(token: str) -> OfferTold | None:
    """What the link of a mail is about: for a year, as long as we serve the customer and know who got it."""
    try:
        pk = signing.loads(bytes.fromhex(token.removeprefix(_MARK)).decode(), salt=_SALT, max_age=LIFE)
    except (signing.BadSignature, ValueError):
        return None
    found = OfferTold.objects.filter(contact__removed_at__isnull=True, contact__isnull=False)
    found = found.select_related(*_WITH_VERSION)
    return found.filter(pk=pk, version__offer__customer__gone_at__isnull=True).first()


def confirm(told: OfferTold, *, now: datetime) -> None:
    """By whoever has the mail; the first time counts. Who confirms was told, whatever the mail server said."""
    OfferTold.objects.filter(pk=told.pk, confirmed_at__isnull=True).update(confirmed_at=now)
    unsure = OfferTold.objects.filter(pk=told.pk, state__in=[State.UNCERTAIN, State.FAILED])
    unsure.update(state=State.TOLD, at=now, problem="")


def send_offers() -> int:
    """Send what is due; returns how many mails the server took."""
    return OFFERS.send_due()


def letter_of(told: OfferTold) -> EmailMultiAlternatives:
    """In the contact's language, with the sheet and a link that needs no sign-in."""
    address = urljoin(settings.PORTAL_URL, reverse("support:offer_link", args=[token_of(told)]))
    with translation.override(told.language):
        sheet = sheet_of(told.version)
        body = _(
            "Hello %(name)s,\n\nthis is the support that %(customer)s gets: %(title)s. %(validity)s. "
            "The sheet is attached.\n\nPlease confirm that you have it; no sign-in is needed:\n\n%(address)s"
        ) % {
            "name": told.name,
            "customer": sheet.customer,
            "title": sheet.title,
            "validity": sheet.validity,
            "address": address,
        }
        subject = f"{sheet.title}: {sheet.customer}"
    letter = EmailMultiAlternatives(
        subject=" ".join(subject.split()), body=body, from_email=settings.SUPPORT_FROM, to=[told.address]
    )
    letter.attach(file_name(told.version), pdf_of(told.version, language=told.language), "application/pdf")
    return letter


def file_name(version: OfferVersion) -> str:
    family = version.offer.family.lower().replace("_", "-") or "all"
    return f"support-{family}-v{version.number}.pdf"


def _letter(told: OfferTold) -> Letter:
    envelope = parseaddr(settings.SUPPORT_FROM)[1]
    return Letter(mail=letter_of(told), sender=envelope, recipients=[told.address])


OFFERS = MailQueue(
    rows=lambda: OfferTold.objects.select_related(*_WITH_VERSION),
    letter=_letter,
    sent=State.TOLD,
    sent_at="at",
    what="support offers",
)
