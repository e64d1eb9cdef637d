"""Alerts as mails in plain text."""

from smtplib import SMTPException

from django.core.mail import EmailMessage

from csp_portal.notices.letter import Letter, Outcome
from csp_portal.notices.words import headline, lines


def send(letter: Letter) -> Outcome:
    body = "\n\n".join(_part(letter, index) for index in range(len(letter.contents)))
    mail = EmailMessage(letter.subject(), body + "\n", None, list(letter.addresses))
    try:
        mail.send()
    except (OSError, SMTPException, UnicodeError) as error:
        return Outcome(deliveries=letter.deliveries, is_sent=False, answer=f"{type(error).__name__}: {error}")
    return Outcome(deliveries=letter.deliveries, is_sent=True, answer=", ".join(letter.addresses))


def _part(letter: Letter, index: int) -> str:
    content = letter.contents[index]
    text = [headline(content), *(f"{label}: {value}" for label, value in lines(content)), letter.link(content)]
    return "\n".join(text)
