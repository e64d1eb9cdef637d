"""Mails about signing in, rendered and sent beside the answer."""

import logging
import smtplib
from threading import Thread
from typing import Any

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

logger = logging.getLogger(__name__)


def send_in_the_background(template: str, *, to: str, words: dict[str, Any], language: str) -> None:
    """To wait for the mail server, or fail with it, would tell which addresses we know; so would to render here.

    `template` is the start of two names: what ends in _subject.txt and what ends in _message.txt.
    """
    language = language or translation.get_language() or "en"
    Thread(target=_send, args=(template, to, words, language), name="mail").start()


def _send(template: str, to: str, words: dict[str, Any], language: str) -> None:
    with translation.override(language):
        subject = " ".join(render_to_string(f"{template}_subject.txt", words).split())
        body = render_to_string(f"{template}_message.txt", words).strip()
    try:
        EmailMessage(subject, body, to=[to]).send()
    except (OSError, smtplib.SMTPException) as error:
        logger.error("A mail to %s was not sent: %s. Check the EMAIL_ settings.", to, error)
