"""The sandbox's control desk: other processes on this machine break and mend things over HTTPS."""

from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any, NamedTuple

import orjson

from csp_portal.microsoft.sandbox import azure_control, gdap_control
from csp_portal.microsoft.sandbox.id_tokens import BENT, FORGED
from csp_portal.microsoft.sandbox.issues import SandboxIssue
from csp_portal.microsoft.sandbox.tenants import Tenant
from csp_portal.microsoft.sandbox.wire import Call, Reply, json_reply
from csp_portal.microsoft.sandbox.world import World

# The faults of a tenant that may be set, with the types they take.
FAULTS: dict[str, tuple[type, ...]] = {
    "throttled_for": (int, float, type(None)),
    "fail_with": (int, type(None)),
    "fail_times": (int, type(None)),
    "consent_missing": (bool,),
    "token_fault": (str, type(None)),
    "slow_by": (int, float),
    "reset_connection": (bool,),
    "truncate_json": (bool,),
    "empty_answer": (bool,),
    "next_link": (str, type(None)),
    "page_size": (int, type(None)),
}
WORLD_FAULTS = frozenset({"token_endpoint_fault", "sign_in_fault"})
Asked = dict[str, Any]
Writes = Callable[[], Sequence[NamedTuple]]


def answer(call: Call, world: World, *, counts: Callable[[], Asked], writes: Writes) -> Reply:
    """Answer /_sandbox/…; only this machine may ask, and only with JSON, so that no web page can."""
    if not ip_address(call.peer).is_loopback:
        return json_reply({"error": "The control desk answers only to this machine."}, status=403)
    if call.method == "GET":
        return _look(call, world, counts=counts, writes=writes)
    if not call.headers.get("content-type", "").startswith("application/json"):
        return json_reply({"error": "Send JSON."}, status=415)
    try:
        return _act(call.path.removeprefix("/_sandbox/").split("/"), orjson.loads(call.body or b"{}"), world)
    except (KeyError, ValueError, TypeError) as error:
        return json_reply({"error": str(error)}, status=400)


def _look(call: Call, world: World, *, counts: Callable[[], Asked], writes: Writes) -> Reply:
    if call.path == "/_sandbox/issues":
        return json_reply([_issue_json(issue, world) for issue in world.issues()])
    if call.path == "/_sandbox/requests":
        return json_reply(counts())
    if call.path == "/_sandbox/writes":
        return json_reply([one._asdict() for one in writes()])
    if call.path == "/_sandbox/azure/tickets":
        return azure_control.look(world.azure)
    if call.path == "/_sandbox/gdap/calls":
        return gdap_control.look(world)
    return json_reply({"error": "There is nothing here."}, status=404)


def _act(path: list[str], asked: Asked, world: World) -> Reply:
    match path:
        case ["faults"]:
            return _set_faults(asked, world)
        case [("gdap" | "azure" | "requests") as part, *rest]:
            return _PARTS[part](rest, asked, world)
        case ["mails"]:
            mail = world.mail.deliver(asked["address"], asked["mime"].encode(), at=world.clock())
            return json_reply({"id": mail.id}, status=201)
        case ["issues"]:
            return json_reply(_issue_json(world.break_service(asked.pop("service"), **asked), world), status=201)
        case ["issues", issue_id, verb]:
            issue = world.issue(issue_id)
            _do(issue, verb, asked, world)
            return json_reply(_issue_json(issue, world))
    return json_reply({"error": "There is nothing here."}, status=404)


_PARTS: dict[str, Callable[[list[str], Asked, World], Reply]] = {
    "gdap": gdap_control.act,
    "azure": azure_control.act,
    "requests": lambda path, asked, world: world.requests.act(path, asked, find=world.tenant),
}


def _set_faults(asked: Asked, world: World) -> Reply:
    """`tenant` names one tenant, "*" all; `token_endpoint_fault` and `sign_in_fault` are set for the whole world."""
    if asked.get("sign_in_fault") not in (None, *BENT, *FORGED):
        raise ValueError(f"There is no such sign_in_fault; there are {', '.join((*BENT, *FORGED))}.")
    for fault in WORLD_FAULTS & asked.keys():
        setattr(world, fault, asked.pop(fault))
    name, heals = asked.pop("tenant", None), asked.pop("heal", False)
    for fault, value in asked.items():
        if fault not in FAULTS or not isinstance(value, FAULTS[fault]):
            raise ValueError(f"{fault} = {value!r} is no fault; there are {', '.join(FAULTS)}.")
    everyone = [*world.tenants, world.partner.tenant]
    tenants = everyone if name == "*" else [] if name is None else [world.tenant(name)]
    for tenant in tenants:
        if heals:
            tenant.heal()
        _set(tenant, asked)
    return json_reply({"tenants": len(tenants)})


def _set(tenant: Tenant, faults: Asked) -> None:
    for fault, value in faults.items():
        setattr(tenant, fault, value)
    if "throttled_for" in faults:
        tenant.throttled_until = None  # counts anew from the next refusal


def _do(issue: SandboxIssue, verb: str, asked: Asked, world: World) -> None:
    if verb == "post":
        issue.post(asked["html"], status=asked.get("status", ""))
    elif verb == "restore":
        issue.restore(asked.get("html", ""))
    elif verb == "publish-review":
        issue.publish_review()
    elif verb == "spread":
        world.spread(issue, tenants=asked.get("tenants"), fraction=asked.get("fraction"))
    elif verb == "vanish":
        issue.vanish()
    else:
        raise ValueError(f"An issue can be told to post, restore, publish-review, spread or vanish, not to {verb}.")


def _issue_json(issue: SandboxIssue, world: World) -> Asked:
    now = world.now()
    state = issue.state(issue.version_at(now))
    hit = [tenant.tenant_id for tenant in world.tenants if issue.is_at(tenant.index, now=now)]
    return {
        "id": issue.id,
        "service": issue.service.name,
        "title": issue.title,
        "classification": issue.classification,
        "status": state.status,
        "is_resolved": state.is_resolved,
        "posts": len(state.posts),
        "tenants": hit,
    }
