"""What every endpoint of the API shares: who may ask, and how long lists are handed out."""

import re

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from csp_portal.accounts.api_models import ApiToken
from csp_portal.accounts.rights import Capability, may, opens

_KEY = re.compile(r"[0-9]{1,18}")


class HasCapability(BasePermission):
    """Lets in who has the `capability` that the view declares, or `capability_to_write` where it writes.

    A view that declares none lets nobody in, and a token opens no more than its scopes.
    """

    message = _("Your role does not allow this. An owner can give you another one under Settings → People.")

    def has_permission(self, request: Request, view: APIView) -> bool:
        capability, user = _needed(request, view=view), request.user
        if capability is None or not user.is_authenticated or not may(user, capability):
            return False
        return not isinstance(request.auth, ApiToken) or opens(request.auth, capability)


def _needed(request: Request, *, view: APIView) -> Capability | None:
    """A method that the view has no handler for asks what reading asks; it is then refused as not allowed."""
    writes = request.method not in SAFE_METHODS and hasattr(view, str(request.method).lower())
    found: Capability | None = getattr(view, "capability_to_write" if writes else "capability", None)
    return found


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
