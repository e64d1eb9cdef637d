"""A request sent twice acts once: with the same Idempotency-Key the first answer comes again."""

import hashlib
import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.core.files import File
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from csp_portal.accounts.api_models import KeptAnswer
from csp_portal.accounts.models import User

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
Handler = Callable[..., Response]


class OtherRequest(APIException):
    status_code = 422
    default_code = "other_request"


def acts_once(handler: Handler) -> Callable[..., HttpResponseBase]:
    """Run the handler in one transaction with the note of its answer: both are there, or neither is.

    Of two requests at once the second waits for the first at the unique key, and then gets the first one's answer.
    A request that is refused leaves no note, so it may be sent again once it is put right.
    """

    @wraps(handler)
    def answer(view: APIView, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with transaction.atomic():
            key = request.headers.get(HEADER)
            if key is None:
                return handler(view, request, *args, **kwargs)
            note, is_first = _note_of(request, key=key)
            if not is_first:
                return _replay(note, request)
            fresh = handler(view, request, *args, **kwargs)
            note.status, note.body = fresh.status_code, JSONRenderer().render(fresh.data).decode()
            note.save(update_fields=["status", "body"])
            return fresh

    return answer


def _note_of(request: Request, *, key: str) -> tuple[KeptAnswer, bool]:
    if not _KEY.fullmatch(key):
        raise ValidationError({HEADER: [_("A key has 1 to 200 printable ASCII characters and no blanks.")]})
    mine = KeptAnswer(person=cast(User, request.user), key=key, request_hash=_hash_of(request))
    KeptAnswer.objects.bulk_create([mine], ignore_conflicts=True)  # waits where the same key is at work
    note = KeptAnswer.objects.get(person=cast(User, request.user), key=key)
    return note, note.status is None


def _replay(note: KeptAnswer, request: Request) -> HttpResponse:
    if note.request_hash != _hash_of(request):
        raise OtherRequest(_("This Idempotency-Key came with another request before. Use a new key for a new request."))
    answer = HttpResponse(note.body, status=note.status, content_type="application/json")
    answer["Idempotent-Replayed"] = "true"
    return answer


def _hash_of(request: Request) -> str:
    """By json, for DRF's renderer fails on what its parser reads: 1e999, and half characters; a file by its own."""
    told = json.dumps(_data_of(request), default=_digest)
    return hashlib.sha256(f"{request.method} {request.get_full_path()}\n{told}".encode()).hexdigest()


def _data_of(request: Request) -> Any:
    return dict(request.data.lists()) if isinstance(request.data, QueryDict) else request.data


def _digest(upload: File[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return f"{upload.name} {digest.hexdigest()}"
