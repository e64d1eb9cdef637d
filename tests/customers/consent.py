"""An admin agent's consent, given on the sandbox's page."""

from urllib.parse import parse_qsl, urlsplit

import requests
from django.utils import timezone

from csp_portal.microsoft.sandbox.server import SandboxServer
from csp_portal.microsoft.sandbox.tenants import Person
from csp_portal.microsoft.sign_in import finish_sign_in, start_sign_in
from customers.connections import credential_of
from customers.models import Connection


def consent(connection: Connection, *, sandbox: SandboxServer, person: Person) -> Connection:
    """The connection with the agent's refresh token, as after the way through the pages."""
    credential = credential_of(connection)
    url, flow = start_sign_in(
        credential, redirect_uri="https://portal.example/back", extra_scopes=[credential.cloud.graph_scope]
    )
    chosen = {"person": person.object_id}
    picked = requests.post(url, data=chosen, verify=str(sandbox.ca_bundle), allow_redirects=False, timeout=60)
    answer = dict(parse_qsl(urlsplit(picked.headers["Location"]).query))
    connection.auth_model = Connection.AuthModel.SECURE_APP_MODEL
    connection.seal_secret("refresh_token", finish_sign_in(credential, flow=flow, answer=answer).refresh_token or "")
    connection.refresh_token_at, connection.grant_refused = timezone.now(), ""
    connection.save()
    return connection
