"""What was seen of a suspected incident and who reported it, in the words of whoever reads."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from health.models import Suspicion


def seen_of(suspicion: Suspicion) -> str:
    """A person's own words; where tickets raised it, how many of how many customers, and which words they share."""
    evidence = suspicion.evidence
    if suspicion.seen or not evidence:
        return suspicion.seen
    minutes = ngettext("%(count)d minute", "%(count)d minutes", evidence["minutes"]) % {"count": evidence["minutes"]}
    words = _("%(tickets)d tickets of %(customers)d customers within %(minutes)s, and no issue of Microsoft's fits.")
    told = words % {"tickets": evidence["tickets"], "customers": evidence["customers"], "minutes": minutes}
    shared = ", ".join(evidence["words"])
    return f"{told} {_('Words that they share: %(words)s.') % {'words': shared}}" if shared else told


def reporter_of(suspicion: Suspicion) -> str:
    return suspicion.reported_by.name if suspicion.reported_by else _("The portal")
