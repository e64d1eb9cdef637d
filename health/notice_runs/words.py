"""The variables of notices: {{ customer.name }} and its like, replaced by text and by nothing else.

Nothing here knows a model: what a variable may say is a plain text in a dict, so no template can reach further.
"""

import re
from collections.abc import Collection, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# What differs from mail to mail stays in the text of a run until a mail is written.
OF_CONTACT: Mapping[str, str | Promise] = {
    "customer.name": gettext_lazy("the customer's name"),
    "contact.name": gettext_lazy("the contact's name"),
}
OF_ISSUE: Mapping[str, str | Promise] = {
    "issue.id": gettext_lazy("Microsoft's number for the issue"),
    "issue.title": gettext_lazy("Microsoft's title, in English"),
    "issue.service": gettext_lazy("the service"),
    "issue.status": gettext_lazy("how far Microsoft is"),
    "issue.impact": gettext_lazy("what people may notice, in Microsoft's words"),
    "issue.since": gettext_lazy("when it began"),
    "issue.ended": gettext_lazy("when it was over"),
    "issue.next_update": gettext_lazy("when Microsoft means to tell more"),
    "post.text": gettext_lazy("what Microsoft says it does, from its post"),
    "post.at": gettext_lazy("when Microsoft posted it"),
}
_VARIABLE = re.compile(r"\{\{\s*([a-z_]+(?:\.[a-z_]+)*)\s*\}\}")
_BRACES = re.compile(r"\{\{[^{}\n]{0,40}\}?\}?|\{%[^{}\n]{0,40}%?\}?|\}\}|%\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with these variables replaced; others stay. A value is never read as a variable itself."""
    return _VARIABLE.sub(lambda found: _tame(values[found[1]]) if found[1] in values else found[0], text)


def problems_of(text: str, *, known: Collection[str]) -> list[str]:
    """What keeps a text from being sent: variables that nobody knows, and braces that are none."""
    strange = [f"{{{{ {name} }}}}" for name in _VARIABLE.findall(text) if name not in known]
    strange += _BRACES.findall(_VARIABLE.sub("", text))
    words = _("%(variable)s is no variable of notices. Correct or remove it.")
    return [words % {"variable": one.strip()} for one in dict.fromkeys(strange)]


def _tame(value: str) -> str:
    return value.replace("{{", "{ {").replace("}}", "} }").replace("{%", "{ %").replace("%}", "% }")
