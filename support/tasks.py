"""What Celery does for the desk: it wakes, and rows that are due say what there is to do."""

from celery import shared_task
from django.utils import timezone

from support.customer_side.links import send_links
from support.erasing.deletions import delete_due
from support.erasing.exports import make_due
from support.escalation.azure_lists import read_due_lists
from support.escalation.checks import finish_waiting
from support.escalation.filing import file_due
from support.escalation.following.acting import act_due
from support.escalation.following.reading import read_due_requests
from support.escalation.requests.noting import send_due_notes
from support.escalation.requests.reading import read_due_feeds
from support.insight.rounds import reckon_due
from support.known.following import follow_issues
from support.known.suspecting import suspect_due
from support.lists.bulk import carry_out
from support.lists.waking import wake_due
from support.mail.sending import send_due
from support.mail.taking_in import take_in_due
from support.mailboxes.reading import read_due
from support.mailboxes.trying import try_due
from support.moving.bringing import import_due
from support.offers.mailing import send_offers
from support.offers.publishing import follow_offers
from support.sla.sweep import follow_due
from support.tools.bell_mail import mail_due


@shared_task(name="support.follow_clocks")
def follow_clocks() -> None:
    follow_offers(now=timezone.now())
    follow_due(now=timezone.now())


@shared_task(name="support.follow_issues")
def tell_tickets_of_issues() -> None:
    follow_issues(now=timezone.now())


@shared_task(name="support.suspect_incidents")
def suspect_incidents() -> None:
    suspect_due(now=timezone.now())


@shared_task(name="support.change_many")
def change_many() -> None:
    carry_out(now=timezone.now())


@shared_task(name="support.send_mail")
def send_mail() -> None:
    send_due()
    send_links()
    send_offers()
    mail_due(now=timezone.now())


@shared_task(name="support.take_in_mail")
def take_in_mail() -> None:
    take_in_due(now=timezone.now())


@shared_task(name="support.wake_tickets")
def wake_tickets() -> None:
    wake_due(now=timezone.now())


@shared_task(name="support.reckon_habits")
def reckon_habits() -> None:
    reckon_due(now=timezone.now())


@shared_task(name="support.read_mailboxes")
def read_mailboxes() -> None:
    read_due(now=timezone.now())


@shared_task(name="support.try_mailboxes")
def try_mailboxes() -> None:
    try_due(now=timezone.now())


@shared_task(name="support.finish_checks")
def finish_checks() -> None:
    finish_waiting(now=timezone.now())


@shared_task(name="support.import_tickets")
def import_tickets() -> None:
    import_due(now=timezone.now())


@shared_task(name="support.export_data")
def export_data() -> None:
    make_due(now=timezone.now())


@shared_task(name="support.file_escalations")
def file_escalations() -> None:
    file_due(now=timezone.now())


@shared_task(name="support.follow_escalations")
def follow_escalations() -> None:
    act_due(now=timezone.now())
    read_due_requests(now=timezone.now())


@shared_task(name="support.follow_service_requests")
def follow_service_requests() -> None:
    send_due_notes(now=timezone.now())
    read_due_feeds(now=timezone.now())


@shared_task(name="support.read_azure_lists")
def read_azure_lists() -> None:
    read_due_lists(now=timezone.now())


@shared_task(name="support.delete_data")
def delete_data() -> None:
    delete_due(now=timezone.now())
