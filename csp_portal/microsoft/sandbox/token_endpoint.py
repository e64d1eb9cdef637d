"""The sandbox's token endpoint: client credentials, authorization codes and refresh tokens become signed tokens."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from csp_portal.microsoft.sandbox.customer_people import ANY_TENANT, find_person
from csp_portal.microsoft.sandbox.federated import problem_of
from csp_portal.microsoft.sandbox.id_tokens import SignIn, id_token
from csp_portal.microsoft.sandbox.tenants import Person, Tenant, seeded
from csp_portal.microsoft.sandbox.tokens import Claims, Keyring, challenge_of, issuer_of, verify_assertion
from csp_portal.microsoft.sandbox.wire import Call, Reply, json_reply, login_error
from csp_portal.microsoft.sandbox.world import World

REFRESH_LIFE = 90 * 86_400
DEFAULT = "/.default"


class Refused(Exception):
    """The token endpoint says no; `code` is AADSTS… or an HTTP status."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """A token request whose client and tenant are known."""

    call: Call
    form: dict[str, str]
    tenant: Tenant


class TokenEndpoint:
    """Id tokens and refresh tokens are signed and stateless; of codes those that were redeemed are remembered."""

    def __init__(self, world: World, keyring: Keyring) -> None:
        self.world, self.keyring = world, keyring
        self._redeemed: set[str] = set()

    def answer(self, call: Call, tenant_key: str) -> Reply:
        try:
            ask = self._ask(call, tenant_key)
            grant = ask.form.get("grant_type", "")
            if grant == "client_credentials":
                return json_reply(self._for_client(ask))
            if grant == "authorization_code":
                return json_reply(self._for_code(ask))
            if grant == "refresh_token":
                return json_reply(self._for_refresh_token(ask))
            raise Refused("AADSTS70003")
        except Refused as refused:
            return login_error(call, code=refused.code, now=self.world.clock())

    def _ask(self, call: Call, tenant_key: str) -> Ask:
        is_any = tenant_key in ANY_TENANT  # the code says whose person came
        tenant = self.world.partner.tenant if is_any else self.world.find_tenant(tenant_key)
        if tenant is None:
            raise Refused("AADSTS90002")
        call.tenant_id = tenant.tenant_id
        fault = self.world.token_endpoint_fault or tenant.token_fault
        if fault:
            raise Refused(fault)
        if call.form.get("client_id", self.world.partner.client_id) != self.world.partner.client_id:
            raise Refused("AADSTS700016")
        self._check_client(call, tenant_key)
        return Ask(call=call, form=call.form, tenant=tenant)

    def _check_client(self, call: Call, tenant_key: str) -> None:
        partner, form = self.world.partner, call.form
        if "client_assertion" in form:
            problem = self._problem_of_assertion(form["client_assertion"], base=f"{call.origin}/{tenant_key}")
            if problem:
                raise Refused(problem)
        elif "client_secret" not in form:
            raise Refused("AADSTS7000218")
        elif form["client_secret"] != partner.client_secret:
            raise Refused("AADSTS7000215")

    def _problem_of_assertion(self, assertion: str, *, base: str) -> str | None:
        """Signed by ourselves with a registered certificate, or by an issuer that the app registration trusts."""
        partner = self.world.partner
        audiences = {f"{base}/oauth2/v2.0/token", f"{base}/v2.0"}
        if verify_assertion(
            assertion, certificates=partner.certificates, client_id=partner.client_id, audiences=audiences
        ):
            return None
        if not partner.federated or issuer_of(assertion) == partner.client_id:
            return "AADSTS700027"
        return problem_of(assertion, trusted=partner.federated, now=self.world.now())

    def _for_client(self, ask: Ask) -> Claims:
        scope = ask.form.get("scope", "")
        if not scope.endswith(DEFAULT):
            raise Refused("AADSTS1002012")
        if ask.tenant.consent_missing:
            raise Refused("AADSTS65001")
        resource = _resource(scope, own=ask.call.origin, others=self.world.mail.resources)
        return self._grant(ask, resource=resource, person=None)

    def _for_code(self, ask: Ask) -> Claims:
        code = self.keyring.verify(ask.form.get("code", ""), use="code", now=self.world.now())
        if code is None or code["jti"] in self._redeemed:
            raise Refused("AADSTS70008")
        if code["redirect_uri"] != ask.form.get("redirect_uri"):
            raise Refused("AADSTS50011")
        if code["code_challenge"] and code["code_challenge"] != challenge_of(ask.form.get("code_verifier", "")):
            raise Refused("AADSTS50148")
        person = find_person(self.world, code["oid"])
        if person is None:
            raise Refused("AADSTS70008")
        self._redeemed.add(code["jti"])
        scope = ask.form.get("scope") or code["scope"]
        granted = self._grant(ask, resource=_resource(scope, own=ask.call.origin), person=person)
        token = self._id_token(ask.call, person, code=code) if "openid" in scope.split() else None
        if token is not None:
            granted["id_token"] = token
        if "offline_access" in scope.split():
            granted["refresh_token"] = self._refresh_token(person)
        return granted

    def _for_refresh_token(self, ask: Ask) -> Claims:
        """A refresh token of one of the partner's people is good at every customer that consented (reference §4.1)."""
        claims = self.keyring.verify(ask.form.get("refresh_token", ""), use="refresh", now=0)
        person = self.world.partner.person(claims["oid"]) if claims else None
        if claims is None or person is None:
            raise Refused("AADSTS70000")
        if claims["exp"] <= self.world.now():
            raise Refused("AADSTS700082")
        if not person.has_mfa:
            raise Refused("AADSTS50076")
        if ask.tenant.consent_missing:
            raise Refused("AADSTS65001")
        granted = self._grant(ask, resource=_resource(ask.form.get("scope", ""), own=ask.call.origin), person=person)
        granted["refresh_token"] = self._refresh_token(person)
        return granted

    def _grant(self, ask: Ask, *, resource: str, person: Person | None) -> Claims:
        """The answer with an access token of 60 to 90 minutes, or as long as the world says."""
        partner, now = self.world.partner, int(self.world.now())
        life = self.world.token_life or 3599 + seeded(self.world.seed, "life", ask.tenant.index).randrange(1800)
        claims: Claims = {
            "use": "access",
            "aud": resource,
            "iss": f"{ask.call.origin}/{ask.tenant.tenant_id}/",
            "tid": ask.tenant.tenant_id,
            "appid": partner.client_id,
            "azp": partner.client_id,
            "iat": now,
            "nbf": now,
            "exp": now + life,
            "uti": ask.call.request_id,
            "ver": "1.0",
        }
        permissions = sorted(partner.permissions)
        if person is None:
            claims |= {"idtyp": "app", "oid": partner.client_id, "roles": permissions}
        else:
            claims |= {"idtyp": "user", "oid": person.object_id, "name": person.name, "scp": " ".join(permissions)}
        token = self.keyring.sign(claims)
        scope = " ".join(f"{resource}/{permission}" for permission in permissions) if person else f"{resource}{DEFAULT}"
        return {
            "token_type": "Bearer",
            "scope": scope,
            "expires_in": life,
            "ext_expires_in": life,
            "access_token": token,
        }

    def _id_token(self, call: Call, person: Person, *, code: Claims) -> str | None:
        issuer = f"{call.origin}/{person.tenant_id}/v2.0"
        sign_in = SignIn(person=person, nonce=code["nonce"], asked=code["claims"], at=code["iat"], issuer=issuer)
        return id_token(sign_in, world=self.world, keyring=self.keyring)

    def _refresh_token(self, person: Person) -> str:
        now = self.world.now()
        jti = datetime.now(UTC).timestamp()
        return self.keyring.sign(
            {"use": "refresh", "oid": person.object_id, "jti": str(jti), "exp": int(now) + REFRESH_LIFE}
        )


def _resource(scope: str, *, own: str, others: Collection[str] = ()) -> str:
    """The host a token is for; no resource at all means Graph, which is this host too."""
    for part in scope.split():
        parsed = urlsplit(part)
        if parsed.scheme:
            origin = f"{parsed.scheme}://{parsed.netloc}"
            if origin in others:
                return origin
            if origin != own:
                raise Refused("AADSTS500011")
    return own
