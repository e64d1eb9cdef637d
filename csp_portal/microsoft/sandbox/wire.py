"""What passes over the sandbox's wire: a call, a reply, and the three ways Microsoft words an error."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import parse_qsl

import orjson

JSON = "application/json; charset=utf-8"


@dataclass(kw_only=True)
class Call:
    """One HTTP request; header names are lower case, `origin` is the sandbox's own address."""

    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    body: bytes
    origin: str
    peer: str
    tenant_id: str = ""  # whose data was asked for, for the request log

    @cached_property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @cached_property
    def request_id(self) -> str:
        return str(uuid.uuid4())

    @property
    def client_request_id(self) -> str:
        return self.headers.get("client-request-id", self.request_id)


@dataclass(kw_only=True)
class Reply:
    """One HTTP answer; `reset` closes the connection instead of answering."""

    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    reset: bool = False


def json_reply(value: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status=status, body=orjson.dumps(value), headers=headers or {})


def html_reply(page: str, *, status: int = 200, script: str = "") -> Reply:
    """A page that may load nothing and run nothing but its own styles, and the script with the hash `script`."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
    policy += f"; script-src {script}" if script else ""
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Reply(status=status, body=page.encode(), content_type="text/html; charset=utf-8", headers=headers)


def redirect_reply(url: str) -> Reply:
    return Reply(status=302, headers={"Location": url, "Cache-Control": "no-store"}, content_type="text/plain")


def graph_error(call: Call, *, status: int, code: str, message: str, retry_after: int = 0) -> Reply:
    """Graph's error body (microsoft.graph.ODataErrors.ODataError)."""
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "request-id": call.request_id,
        "client-request-id": call.client_request_id,
    }
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    return json_reply(
        {"error": {"code": code, "message": message, "innerError": inner}}, status=status, headers=headers
    )


def partner_center_error(*, status: int, code: int, description: str) -> Reply:
    """Partner Center's error body; 429 has another one (reference §3.2)."""
    return json_reply({"code": code, "description": description, "data": [], "source": "PartnerFD"}, status=status)


_OAUTH_ERRORS = {
    "AADSTS65001": ("invalid_grant", 400, "The user or administrator has not consented to use the application."),
    "AADSTS700016": ("unauthorized_client", 400, "Application was not found in the directory."),
    "AADSTS700027": (
        "invalid_client",
        401,
        "The certificate with the given identifier is not registered on the application.",
    ),
    "AADSTS50013": ("invalid_client", 401, "Assertion failed signature validation."),
    "AADSTS50027": ("invalid_client", 401, "JWT token is invalid or malformed."),
    "AADSTS700024": ("invalid_client", 401, "Client assertion is not within its valid time range."),
    "AADSTS700211": ("invalid_client", 401, "No matching federated identity record found for the assertion issuer."),
    "AADSTS700212": ("invalid_client", 401, "No matching federated identity record found for the assertion audience."),
    "AADSTS700213": ("invalid_client", 401, "No matching federated identity record found for the assertion subject."),
    "AADSTS7000215": ("invalid_client", 401, "Invalid client secret provided."),
    "AADSTS7000222": ("invalid_client", 401, "The provided client secret keys are expired."),
    "AADSTS7000218": ("invalid_client", 401, "The request body must contain 'client_assertion' or 'client_secret'."),
    "AADSTS90002": ("invalid_request", 400, "Tenant not found. Check to make sure you have the correct tenant ID."),
    "AADSTS900421": ("invalid_grant", 400, "The application is not provisioned in the tenant."),
    "AADSTS500011": ("invalid_resource", 400, "The resource principal was not found in the tenant."),
    "AADSTS50076": (
        "interaction_required",
        400,
        "Due to a configuration change made by your administrator you must use MFA.",
    ),
    "AADSTS50079": ("interaction_required", 400, "You must enroll in multi-factor authentication."),
    "AADSTS50173": (
        "invalid_grant",
        400,
        "The provided grant has expired due to it being revoked; a fresh sign-in is needed.",
    ),
    "AADSTS700082": ("invalid_grant", 400, "The refresh token has expired due to inactivity."),
    "AADSTS70000": ("invalid_grant", 400, "The provided value for the input parameter 'refresh_token' is not valid."),
    "AADSTS70008": (
        "invalid_grant",
        400,
        "The provided authorization code or refresh token has expired or was redeemed.",
    ),
    "AADSTS50148": (
        "invalid_grant",
        400,
        "The code_verifier does not match the code_challenge supplied in the request.",
    ),
    "AADSTS70003": ("unsupported_grant_type", 400, "The app requested an unsupported grant type."),
    "AADSTS1002012": ("invalid_scope", 400, "Client credential flows must have a scope value with /.default suffixed."),
    "AADSTS900144": ("invalid_request", 400, "The request body must contain all required parameters."),
    "AADSTS50011": ("invalid_request", 400, "The redirect URI does not match the ones configured for the application."),
}


def login_error(call: Call, *, code: str, now: datetime) -> Reply:
    """The token endpoint's error body; `code` is AADSTS…, or 429 or 503."""
    if code in ("429", "503"):
        busy = {"error": "temporarily_unavailable", "error_description": "The service is busy. Try again later."}
        return json_reply(busy, status=int(code), headers={"Retry-After": "5"})
    error, status, sentence = _OAUTH_ERRORS.get(code, ("invalid_request", 400, "The request is not valid."))
    stamp = now.strftime("%Y-%m-%d %H:%M:%SZ")
    trailer = f"Trace ID: {call.request_id} Correlation ID: {call.client_request_id} Timestamp: {stamp}"
    number = int(code.removeprefix("AADSTS"))
    body: dict[str, object] = {
        "error": error,
        "error_description": f"{code}: {sentence} {trailer}",
        "error_codes": [number],
        "timestamp": stamp,
        "trace_id": call.request_id,
        "correlation_id": call.client_request_id,
        "error_uri": f"{call.origin}/error?code={number}",
    }
    if code == "AADSTS65001":
        body["suberror"] = "consent_required"
    return json_reply(body, status=status)
