"""What the check of a connection says about its token file."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from customers.federated import AUDIENCE, FederatedTokenError, facts_of, read_token, token_path
from customers.findings import Finding
from customers.models import Connection


def check_token_file(connection: Connection, *, now: datetime) -> Iterator[Finding]:
    """Whether it can be read and is still good, with what Entra compares it with."""
    if not connection.federated_token_file:
        return
    name = _("Token file")
    try:
        facts = facts_of(read_token(token_path(connection.federated_token_file)))
    except FederatedTokenError as error:
        mend = _("Check the name of the file here, and that its issuer writes it where the portal may read it.")
        yield Finding(name=name, ok=False, sentence=str(error), how_to_mend=mend)
        return
    told = _("Issuer %(issuer)s, subject %(subject)s, audience %(audience)s.") % {
        "issuer": facts.issuer,
        "subject": facts.subject,
        "audience": facts.audience,
    }
    if facts.expires_at is not None and facts.expires_at <= now:
        mend = _("Its issuer has to renew it: look at what writes the file.")
        yield Finding(
            name=name, ok=False, sentence=f"{_('The token in the file has expired.')} {told}", how_to_mend=mend
        )
    elif facts.audience != AUDIENCE:
        mend = _("Let its issuer make it for the audience %(audience)s.") % {"audience": AUDIENCE}
        yield Finding(name=name, ok=None, sentence=told, how_to_mend=mend)
    else:
        yield Finding(name=name, ok=True, sentence=told)
