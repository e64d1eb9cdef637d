"""What every endpoint of the API shares: who may ask, and how long lists are handed out."""

import re

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from csp_portal.accounts.rights import Capability, may

_KEY = re.compile(r"[0-9]{1,18}")


class HasCapability(BasePermission):
    """Lets in who has the `capability` that the view declares; a view that declares none lets nobody in."""

    message = _("Your role does not allow this. An owner can give you another one under Settings → People.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        capability: Capability | None = getattr(view, "capability", None)
        user = request.user
        return capability is not None and user.is_authenticated and may(user, capability)


class Paging(CursorPagination):
    """Pages by a cursor over the primary key: as quick on the last page as on the first, and no row is seen twice."""

    ordering = "id"
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Cursor | None:
        """DRF would hand whatever stands in the cursor to the database; ours hold a primary key."""
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            cursor = Cursor(0, False, "")  # type: ignore[arg-type]  # DRF holds a text here
        if cursor is not None and cursor.position is not None and not _KEY.fullmatch(str(cursor.position)):
            raise ValidationError({self.cursor_query_param: [_("This cursor is not one of ours. Begin without it.")]})
        return cursor
