"""What the sandbox's Azure Support answers, as JSON."""

import uuid
from datetime import UTC, datetime
from typing import Any

from csp_portal.microsoft.sandbox.azure_world import ANSWER_MINUTES, SUPPORT, SandboxCommunication, SandboxTicket


def ticket_json(ticket: SandboxTicket) -> dict[str, Any]:
    minutes = ANSWER_MINUTES[str(ticket.properties["severity"])]
    promise = {
        "startTime": iso(ticket.made_at),
        "expirationTime": iso(ticket.made_at + minutes * 60),
        "slaMinutes": minutes,
    }
    known = {
        "supportTicketId": ticket.number,
        "status": ticket.status,
        "createdDate": iso(ticket.made_at),
        "modifiedDate": iso(ticket.changed_at),
        "serviceLevelAgreement": promise,
        "supportPlanType": "Premier",
        "enrollmentId": "",
    }
    return {
        "id": ticket.id,
        "name": ticket.name,
        "type": "Microsoft.Support/supportTickets",
        "properties": {**ticket.properties, **known},
    }


def communication_json(ticket: SandboxTicket, said: SandboxCommunication) -> dict[str, Any]:
    return {
        "id": f"{ticket.id}/communications/{said.name}",
        "name": said.name,
        "type": "Microsoft.Support/communications",
        "properties": {
            "communicationType": "web",
            "communicationDirection": "inbound" if said.is_inbound else "outbound",
            "sender": said.sender,
            "subject": said.subject,
            "body": said.body,
            "createdDate": iso(said.at),
        },
    }


def service_json(name: str) -> dict[str, Any]:
    key = key_of(name)
    properties = {"displayName": name, "resourceTypes": []}
    return {
        "id": f"{SUPPORT}/services/{key}",
        "name": key,
        "type": "Microsoft.Support/services",
        "properties": properties,
    }


def problem_json(service: str, problem: str) -> dict[str, Any]:
    key = key_of(f"{service}/{problem}")
    place = f"{SUPPORT}/services/{key_of(service)}/problemClassifications/{key}"
    return {
        "id": place,
        "name": key,
        "type": "Microsoft.Support/problemClassifications",
        "properties": {"displayName": problem},
    }


def key_of(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"
