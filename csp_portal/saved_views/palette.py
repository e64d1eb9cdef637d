"""What the palette finds of saved views."""

from django.utils.translation import gettext as _

from csp_portal.found import Found, Search
from csp_portal.saved_views.keeping import link_of, views_for

MOST = 6


def find_views(search: Search) -> list[Found]:
    """The person's own and shared ones whose name holds every word."""
    named = (
        view for view in views_for(search.user) if all(part.casefold() in view.name.casefold() for part in search.parts)
    )
    return [
        Found(
            title=view.name,
            detail=_("shared by %(name)s") % {"name": view.person.name} if view.person_id != search.user.pk else "",
            symbol="bookmark",
            address=link_of(view),
        )
        for _number, view in zip(range(MOST), named, strict=False)
    ]
