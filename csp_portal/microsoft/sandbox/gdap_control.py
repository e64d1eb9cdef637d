"""The control desk's part of delegated administration: what customers, colleagues and Microsoft do behind our back."""

from collections.abc import Callable
from typing import Any

from csp_portal.microsoft.sandbox.gdap import Relationship, relationship_json
from csp_portal.microsoft.sandbox.gdap_assignments import fail
from csp_portal.microsoft.sandbox.gdap_desk import WriteFault
from csp_portal.microsoft.sandbox.gdap_rules import Refusal
from csp_portal.microsoft.sandbox.wire import Reply, json_reply
from csp_portal.microsoft.sandbox.world import World

Asked = dict[str, Any]


def look(world: World) -> Reply:
    """Every call that would change a relationship, counted by relationship and verb."""
    with world.gdap.lock:
        counted = [
            {
                "relationship": relationship_id,
                "verb": verb,
                "calls": tally.calls,
                "made": tally.made,
                "answers": {str(status): times for status, times in tally.answers.items()},
            }
            for (relationship_id, verb), tally in world.gdap_desk.tallies.items()
        ]
    return json_reply(counted)


def act(path: list[str], asked: Asked, world: World) -> Reply:
    """Answer a POST below /_sandbox/gdap/; a ValueError says what makes no sense."""
    try:
        with world.gdap.lock:
            return _act(path, asked, world)
    except Refusal as refusal:
        raise ValueError(refusal.message) from refusal


def _act(path: list[str], asked: Asked, world: World) -> Reply:
    match path:
        case ["settings"]:
            world.gdap.pace = float(asked.get("pace", world.gdap.pace))
            world.gdap.exists = bool(asked.get("exists", world.gdap.exists))
            world.gdap.retry_after = int(asked.get("retry_after", world.gdap.retry_after))
            return json_reply({name: getattr(world.gdap, name) for name in ("pace", "exists", "retry_after")})
        case ["faults"]:
            return _set_faults(asked, world)
        case ["relationships", relationship_id, verb]:
            found = _relationship(relationship_id, world)
            _doing(_AT_RELATIONSHIPS, verb)(found, asked, world)
            return json_reply(relationship_json(world.gdap.settled(found)))
        case ["groups", group_id, verb]:
            _doing(_AT_GROUPS, verb)(group_id, asked, world)
            return json_reply({"groups": len(world.gdap.directory.groups)})
    return json_reply({"error": "There is nothing here."}, status=404)


def _set_faults(asked: Asked, world: World) -> Reply:
    """`answer` 403, 412, 429, 500, 503 or "reset" for the next `times` writes; `heal` takes all of them away."""
    if asked.pop("heal", False):
        world.gdap_desk.faults.clear()
    if asked:
        relationships = frozenset(asked.pop("relationships", ()))
        world.gdap_desk.add_fault(WriteFault(relationships=relationships, **asked))
    return json_reply({"faults": len(world.gdap_desk.faults)})


def _relationship(relationship_id: str, world: World) -> Relationship:
    found = world.gdap.find(relationship_id)
    if found is None:
        raise KeyError(f"The sandbox has no relationship {relationship_id!r}.")
    return found


def _approve(found: Relationship, asked: Asked, world: World) -> None:
    tenant = found.tenant or world.tenant(asked["tenant"])
    world.gdap.approve(found, tenant=tenant)


def _fail(found: Relationship, asked: Asked, world: World) -> None:
    fail(world.gdap, found, assignment_id=asked["assignment"])


def _offer(found: Relationship, asked: Asked, world: World) -> None:
    """Make it an indirect provider's offer, to which its reseller has to agree."""
    found.provider_id, found.consent_pending = str(asked["provider"]), True
    world.gdap.touch(found)


_AT_RELATIONSHIPS: dict[str, Callable[[Relationship, Asked, World], None]] = {
    "approve": _approve,
    "remove": lambda found, asked, world: world.gdap.terminate(found),  # by the customer
    "touch": lambda found, asked, world: world.gdap.touch(found),  # somebody else changed it: another ETag
    "fail": _fail,
    "offer": _offer,
}


def _add(group_id: str, asked: Asked, world: World) -> None:
    world.gdap.directory.named(group_id).members.add(asked["member"])


def _remove(group_id: str, asked: Asked, world: World) -> None:
    world.gdap.directory.named(group_id).members.discard(asked["member"])


def _delete(group_id: str, asked: Asked, world: World) -> None:
    world.gdap.directory.delete_group(world.gdap.directory.named(group_id))


_AT_GROUPS: dict[str, Callable[[str, Asked, World], None]] = {"add": _add, "remove": _remove, "delete": _delete}


def _doing(doings: dict[str, Any], verb: str) -> Callable[..., None]:
    if verb not in doings:
        raise ValueError(f"It can be told to {', '.join(doings)}, not to {verb}.")
    found: Callable[..., None] = doings[verb]
    return found
