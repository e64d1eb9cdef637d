"""Files that go with what was said on a ticket."""

from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from csp_portal.attachments.take_in import take_in_for_ticket
from support.models import Entry, EntryFile

Upload = UploadedFile[Any]


def add_files(entry: Entry, uploads: Sequence[Upload]) -> None:
    """Keep the uploads at the entry; AttachmentError at the first that is not taken (the caller's transaction ends)."""
    for upload in uploads:
        EntryFile.objects.create(entry=entry, attachment=take_in_for_ticket(upload))
