"""The control desk's part of Azure Support: faults of filing, and what Microsoft's engineers do."""

from dataclasses import asdict
from typing import Any

from csp_portal.microsoft.sandbox.azure_json import communication_json, ticket_json
from csp_portal.microsoft.sandbox.azure_world import AzureWorld, FilingFaults
from csp_portal.microsoft.sandbox.wire import Reply, json_reply
from csp_portal.microsoft.sandbox.world import World

Asked = dict[str, Any]


def look(azure: AzureWorld) -> Reply:
    """Every request with its marker, those too that nobody sees yet, and which faults were met."""
    with azure.lock:
        tickets = [{**ticket_json(one), "marker": one.marker, "visible_at": one.visible_at} for one in azure.tickets]
        return json_reply({"tickets": tickets, "faults": dict(azure.drawn)})


def act(path: list[str], asked: Asked, world: World) -> Reply:
    """Answer a POST below /_sandbox/azure/; a ValueError or KeyError says what makes no sense."""
    azure = world.azure
    with azure.lock:
        match path:
            case ["settings"]:
                azure.pace = float(asked.get("pace", azure.pace))
                azure.has_plan = bool(asked.get("has_plan", azure.has_plan))
                azure.names_are_unique = bool(asked.get("names_are_unique", azure.names_are_unique))
                names = ("pace", "has_plan", "names_are_unique")
                return json_reply({name: getattr(azure, name) for name in names})
            case ["faults"]:
                azure.faults = FilingFaults(**asked)
                return json_reply(asdict(azure.faults))
            case ["tickets", name, "answer"]:
                ticket = azure.named(name)
                return json_reply(communication_json(ticket, azure.answer(ticket, **asked)), status=201)
            case ["tickets", name, "close"]:
                ticket = azure.named(name)
                ticket.status, ticket.changed_at = "Closed", azure.now()
                return json_reply(ticket_json(ticket))
    return json_reply({"error": "There is nothing here."}, status=404)
