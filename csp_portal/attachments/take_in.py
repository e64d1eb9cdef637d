"""Takes a file in: looked at, counted, kept, recorded, and due for its scan; or refused with a sentence."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.db.models import Model, Sum
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.attachments import store
from csp_portal.attachments.kinds import AttachmentError, kind_of
from csp_portal.attachments.models import Attachment, random_key
from csp_portal.attachments.names import plain_name
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record

LARGEST = 25 * 1024 * 1024
LARGEST_BODY = LARGEST + 100_000  # the form around it
MOST_PER_CUSTOMER = 20
LARGEST_PER_DAY = 500 * 1024 * 1024
_LOCK = 0x46494C45  # "FILE": counting and adding are one act, for everybody


def take_in(upload: UploadedFile[Any], *, customer: Model, tenant_id: Any, by: User, now: datetime) -> Attachment:
    """Keep the upload at this customer; AttachmentError where it is not taken, and then nothing of it is kept."""
    name, size = plain_name(upload.name or ""), upload.size or 0
    _refuse_size(upload, size=size)
    kind = kind_of(name, upload.file)  # type: ignore[arg-type]  # there, or it was refused
    key = random_key()
    digest = store.write(key, upload.chunks())
    try:
        with transaction.atomic():
            _refuse_too_many(customer, by=by, size=size, now=now)
            attachment = Attachment.objects.create(
                key=key,
                name=name,
                size=size,
                sha256=digest,
                media_type=kind.media_type,
                customer_id=customer.pk,
                uploaded_by=by,
            )
            after = {"name": name, "size": size, "sha256": digest}
            record(Action.FILE_ADDED, by=by, about=attachment, customer=tenant_id, after=after)
    except BaseException:
        store.delete(key)
        raise
    return attachment


@transaction.atomic
def take_in_for_ticket(upload: UploadedFile[Any]) -> Attachment:
    """Keep an upload that goes with a ticket, which says whose it is; AttachmentError where it is not taken."""
    name, size = plain_name(upload.name or ""), upload.size or 0
    _refuse_size(upload, size=size)
    kind, key = kind_of(name, upload.file), random_key()  # type: ignore[arg-type]  # there, or it was refused
    digest = store.write(key, upload.chunks())
    return Attachment.objects.create(key=key, name=name, size=size, sha256=digest, media_type=kind.media_type)


def _refuse_size(upload: UploadedFile[Any], *, size: int) -> None:
    if not size:
        raise AttachmentError(_("This file is empty. Choose another one."))
    if size > LARGEST or upload.file is None:
        text = _("A file may have %(most)s. Make it smaller, or share it elsewhere and keep the link.")
        raise AttachmentError(text % {"most": filesizeformat(LARGEST)})


@transaction.atomic
def take_in_published(content: bytes, *, name: str) -> Attachment:
    """Keep a document of Microsoft's, due for its scan; AttachmentError where it is not what its name says."""
    name = plain_name(name)
    if not content:
        raise AttachmentError(_("This file is empty. Choose another one."))
    kind, key = kind_of(name, BytesIO(content)), random_key()
    digest = store.write(key, [content])
    facts = {"name": name, "size": len(content), "sha256": digest, "media_type": kind.media_type}
    return Attachment.objects.create(key=key, **facts)


def _refuse_too_many(customer: Model, *, by: User, size: int, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    if Attachment.objects.filter(customer_id=customer.pk, removed_at__isnull=True).count() >= MOST_PER_CUSTOMER:
        text = _("A customer may have %(most)d files. Remove one that is no longer needed.")
        raise AttachmentError(text % {"most": MOST_PER_CUSTOMER})
    today = Attachment.objects.filter(uploaded_by=by, uploaded_at__gt=now - timedelta(days=1))
    if (today.aggregate(size=Sum("size"))["size"] or 0) + size > LARGEST_PER_DAY:
        text = _("You have sent %(most)s within a day, which is as much as one person may. Go on tomorrow.")
        raise AttachmentError(text % {"most": filesizeformat(LARGEST_PER_DAY)})
