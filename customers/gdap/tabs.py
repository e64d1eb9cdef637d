"""The tabs of delegated access."""

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from customers.tabs import Tab

_TABS = (
    ("gdap:relationship_list", _("Relationships"), "link"),
    ("gdap:capabilities", _("Capabilities"), "table"),
    ("gdap:expiry", _("Expiry"), "clock-exclamation"),
    ("gdap:template_list", _("Role templates"), "list-check"),
    ("gdap:order_list", _("Orders"), "tools"),
)


def gdap_tabs(current: str) -> list[Tab]:
    """`current` is the name of the view that is shown; a view that is not there has no tab."""
    tabs = []
    for view, label, icon in _TABS:
        try:
            url = reverse(view)
        except NoReverseMatch:
            continue
        tabs.append(Tab(label=label, url=url, icon=icon, is_current=view == current))
    return tabs
