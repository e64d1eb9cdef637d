"""Hands an attachment out as a file to keep, which no browser shows, runs or guesses at."""

from django.http import FileResponse

from csp_portal.attachments import store
from csp_portal.attachments.kinds import MEDIA_TYPES
from csp_portal.attachments.models import Attachment

POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"


def download_of(attachment: Attachment) -> FileResponse:
    media_type = attachment.media_type if attachment.media_type in MEDIA_TYPES else "application/octet-stream"
    answer = FileResponse(
        store.read(attachment.key), as_attachment=True, filename=attachment.name, content_type=media_type
    )
    answer["Content-Security-Policy"] = POLICY
    answer["Cache-Control"] = "private, no-store"
    return answer
