"""The message center of the sandbox: a few posts about what changes, the same for every tenant."""

# ruff: noqa: E501 - a sentence is easier to read and to mend in one line

from dataclasses import dataclass

from csp_portal.microsoft.sandbox.issues import stamp

DAY = 86_400.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """`age` and `lasts` are days before and after the day it is read on."""

    id: str
    title: str
    category: str
    severity: str
    services: tuple[str, ...]
    tags: tuple[str, ...]
    body: str
    age: int
    lasts: int
    act_in: int | None = None
    is_major: bool = False


MESSAGES: tuple[Message, ...] = (
    Message(id="MC1187204", title="(Updated) Microsoft Teams: new meeting recap for channel meetings", category="stayInformed",
            severity="normal", services=("Microsoft Teams",), tags=("Updated message", "User impact"), age=12, lasts=60,
            body="<p>We have changed the rollout timeline below.</p><p>Channel meetings get the recap tab that other meetings have.</p>"),
    Message(id="MC1190452", title="Retirement of basic authentication for client submission (SMTP AUTH)", category="preventOrFixIssue",
            severity="high", services=("Exchange Online",), tags=("Retirement", "Admin impact"), age=30, lasts=150, act_in=100,
            is_major=True,
            body="<p>Devices and apps that send mail with a user name and a password have to move to OAuth.</p>"
                 "<ul><li>Find them in the SMTP AUTH report.</li><li>Move them before the date above.</li></ul>"),
    Message(id="MC1193370", title="SharePoint Online: sensitivity labels for sites become visible in the header", category="planForChange",
            severity="normal", services=("SharePoint Online", "Microsoft Purview"), tags=("Feature update",), age=6, lasts=90,
            body="<p>Visitors of a site see its sensitivity label beside the name. No action is needed.</p>"),
    Message(id="MC1195018", title="Windows 10 devices: last month of extended security updates for the first wave", category="planForChange",
            severity="critical", services=("Microsoft Intune", "Windows 365"), tags=("Admin impact",), age=2, lasts=45, act_in=28,
            is_major=True, body="<p>Devices that are not upgraded stop receiving security updates.</p>"),
)  # fmt: skip


def message_json(message: Message, *, now: float) -> dict[str, object]:
    """The serviceUpdateMessage, with the keys of Microsoft's sample; all calls of one day get the same times."""
    today = now // DAY * DAY
    return {
        "startDateTime": stamp(today - message.age * DAY),
        "endDateTime": stamp(today + message.lasts * DAY),
        "lastModifiedDateTime": stamp(today - message.age * DAY / 2),
        "title": message.title,
        "id": message.id,
        "category": message.category,
        "severity": message.severity,
        "tags": list(message.tags),
        "isMajorChange": message.is_major,
        "actionRequiredByDateTime": None if message.act_in is None else stamp(today + message.act_in * DAY),
        "services": list(message.services),
        "hasAttachments": False,
        "expiryDateTime": None,
        "details": [
            {"name": "ExternalLink", "value": "https://learn.microsoft.com/microsoft-365/admin/manage/message-center"}
        ],
        "body": {"contentType": "html", "content": message.body},
        "viewPoint": None,
    }
