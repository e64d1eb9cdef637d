"""The sandbox's Entra: discovery, the authorize page and admin consent."""

from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from csp_portal.microsoft.sandbox.customer_people import ANY_TENANT, find_person, people_at
from csp_portal.microsoft.sandbox.picker import consent_page, error_page, picker_page
from csp_portal.microsoft.sandbox.tenants import Person
from csp_portal.microsoft.sandbox.token_endpoint import TokenEndpoint
from csp_portal.microsoft.sandbox.tokens import Keyring
from csp_portal.microsoft.sandbox.wire import Call, Reply, html_reply, json_reply, login_error, redirect_reply
from csp_portal.microsoft.sandbox.world import World

CODE_LIFE = 600


class Login:
    """Answers everything below a tenant's name."""

    def __init__(self, world: World, keyring: Keyring) -> None:
        self.world, self.keyring = world, keyring
        self._tokens = TokenEndpoint(world, keyring)

    def answer(self, call: Call) -> Reply:
        """Answer /{tenant}/…; an unknown path is 404."""
        tenant, _, rest = call.path.lstrip("/").partition("/")
        if rest == "v2.0/.well-known/openid-configuration":
            return self._configuration(call, tenant)
        if rest == "discovery/v2.0/keys":
            return json_reply(self.keyring.public_keys())
        if rest == "oauth2/v2.0/authorize":
            return self._authorize(call, tenant)
        if rest == "oauth2/v2.0/token" and call.method == "POST":
            return self._tokens.answer(call, tenant)
        if rest in ("adminconsent", "v2.0/adminconsent"):
            return self._consent(call, tenant)
        return html_reply(error_page("There is nothing here", f"The sandbox knows no page {call.path}."), status=404)

    def _configuration(self, call: Call, tenant: str) -> Reply:
        if tenant not in ANY_TENANT and self.world.find_tenant(tenant) is None:
            return login_error(call, code="AADSTS90002", now=self.world.clock())
        base = f"{call.origin}/{tenant}"
        issuer = f"{call.origin}/{{tenantid}}/v2.0" if tenant in ANY_TENANT else f"{base}/v2.0"
        return json_reply(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "response_modes_supported": ["query"],
                "response_types_supported": ["code"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                "claims_supported": [
                    "sub",
                    "iss",
                    "aud",
                    "exp",
                    "iat",
                    "nonce",
                    "name",
                    "preferred_username",
                    "oid",
                    "tid",
                    "amr",
                    "acrs",
                    "auth_time",
                    "groups",
                ],
                "tenant_region_scope": "AS",
                "cloud_instance_name": "sandbox",
            }
        )

    # --- the authorize page ---

    def _authorize(self, call: Call, tenant: str) -> Reply:
        query = call.query
        back = query.get("redirect_uri", "")
        if query.get("client_id") != self.world.partner.client_id:
            return html_reply(error_page("AADSTS700016", "Application was not found in the directory."), status=400)
        if urlsplit(back).scheme not in ("http", "https") or not urlsplit(back).netloc:
            return html_reply(
                error_page("AADSTS50011", "The redirect URI is missing or is no web address."), status=400
            )
        if query.get("response_type") != "code" or query.get("code_challenge_method", "S256") != "S256":
            return html_reply(
                error_page("AADSTS900144", "Only the authorization code flow with S256 is spoken here."), status=400
            )
        if call.method != "POST":
            return html_reply(picker_page(people_at(self.world, tenant), partner=self.world.partner.tenant.name))
        person = find_person(self.world, call.form.get("person", ""))
        if person is None:
            return _back(
                back,
                error="access_denied",
                error_description="AADSTS65004: User declined.",
                state=query.get("state", ""),
            )
        return _back(back, code=self._code(person, query), state=query.get("state", ""), session_state=person.object_id)

    def _code(self, person: Person, query: dict[str, str]) -> str:
        now = int(self.world.now())
        kept = ("nonce", "redirect_uri", "code_challenge", "scope", "claims")
        return self.keyring.sign(
            {
                "use": "code",
                "oid": person.object_id,
                "jti": f"{person.object_id}.{datetime.now(UTC).timestamp()}",
                "iat": now,
                "exp": now + CODE_LIFE,
                **{name: query.get(name, "") for name in kept},
            }
        )

    # --- admin consent ---

    def _consent(self, call: Call, tenant_key: str) -> Reply:
        tenant, back = self.world.find_tenant(tenant_key), call.query.get("redirect_uri", "")
        if tenant is None or call.query.get("client_id") != self.world.partner.client_id:
            return html_reply(error_page("AADSTS90002", "The tenant or the application was not found."), status=400)
        if urlsplit(back).scheme not in ("http", "https"):
            return html_reply(
                error_page("AADSTS50011", "The redirect URI is missing or is no web address."), status=400
            )
        if call.method != "POST":
            return html_reply(consent_page(tenant.name, permissions=sorted(self.world.partner.permissions)))
        state = call.query.get("state", "")
        if call.form.get("decision") != "accept":
            return _back(back, error="access_denied", error_description="AADSTS65004: User declined.", state=state)
        tenant.consent_missing = False
        return _back(back, admin_consent="True", tenant=tenant.tenant_id, state=state)


def _back(url: str, **query: str) -> Reply:
    return redirect_reply(f"{url}{'&' if '?' in url else '?'}{urlencode(query)}")
