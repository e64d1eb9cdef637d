"""What every endpoint of the API shares: who may ask, and how long lists are handed out."""

from django.utils.translation import gettext_lazy as _
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from csp_portal.accounts.rights import Capability, may


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
