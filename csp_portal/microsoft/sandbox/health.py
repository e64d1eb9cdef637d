"""Graph's service communications: health overviews, issues and messages of the tenant whose token asks."""

import threading
from collections import OrderedDict

import orjson

from csp_portal.microsoft.sandbox.catalog import SERVICES, Service
from csp_portal.microsoft.sandbox.incident_report import PUBLISHED, report_of
from csp_portal.microsoft.sandbox.issues import Listing, SandboxIssue
from csp_portal.microsoft.sandbox.messages import MESSAGES, message_json
from csp_portal.microsoft.sandbox.odata import collection, entity, next_link, page_body, whole_number
from csp_portal.microsoft.sandbox.tenants import Tenant
from csp_portal.microsoft.sandbox.wire import Call, Reply, graph_error
from csp_portal.microsoft.sandbox.world import World

BODIES_KEPT = 48  # of up to 231 KB each
ROOT = "$metadata#admin/serviceAnnouncement"

# The worse of two open issues gives its service the status.
_WORST = (
    "serviceInterruption",
    "serviceDegradation",
    "investigating",
    "restoringService",
    "extendedRecovery",
    "verifyingService",
    "investigationSuspended",
)
_RANK = {status: rank for rank, status in enumerate(_WORST)}
_GOOD = {"serviceRestored": 99, "falsePositive": 98}  # an unheard-of status ranks between the open and the good ones

Listed = list[tuple[SandboxIssue, Listing]]
Key = tuple[object, ...]


class HealthApi:
    """Keeps the last bodies: tenants hit by the same issues in the same versions have the same health to the byte."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._bodies: OrderedDict[Key, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._heads = {s.id: _head(s) for s in SERVICES}

    def overviews(self, call: Call, tenant: Tenant) -> Reply:
        expand = "issues" in call.query_string and call.query.get("$expand") == "issues"
        if tenant.page_size or "$skip" in call.query_string or "$top" in call.query_string:
            return self._page(call, tenant, expand=expand)
        found = self.world.issues_of(tenant, now=self.world.now())
        key: Key = (call.origin, expand, *((issue.id, version) for issue, version in found))
        body = self._bodies.get(key)
        if body is None:
            items = self._items([(issue, issue.listing(version)) for issue, version in found], expand=expand)
            body = page_body(context=f"{call.origin}/v1.0/{_context(expand)}", next_link=None, items=items)
            self._keep(key, body)
        return Reply(body=body)

    def overview(self, call: Call, tenant: Tenant, name: str) -> Reply:
        """One service, by its name as documented, or by its id."""
        service = _service(name)
        if service is None:
            return _absent(call)
        expand = call.query.get("$expand") == "issues"
        item = self._items(self._listed(tenant), expand=expand)[SERVICES.index(service)]
        return entity(call, orjson.loads(item), context=_context(expand))

    def issues_of_service(self, call: Call, tenant: Tenant, name: str) -> Reply:
        service = _service(name)
        if service is None:
            return _absent(call)
        items = [listing.json for issue, listing in self._listed(tenant) if issue.service == service]
        return _issues(call, tenant, items=items)

    def issues(self, call: Call, tenant: Tenant) -> Reply:
        """All issues; of $filter only `endDateTime eq null` and `isResolved eq false` are understood."""
        listed = self._listed(tenant)
        if call.query.get("$filter", "") in ("endDateTime eq null", "isResolved eq false"):
            listed = [pair for pair in listed if not orjson.loads(pair[1].json)["isResolved"]]
        return _issues(call, tenant, items=[listing.json for _, listing in listed])

    def issue(self, call: Call, tenant: Tenant, issue_id: str) -> Reply:
        found = next((listing.json for issue, listing in self._listed(tenant) if issue.id == issue_id), None)
        return _absent(call) if found is None else entity(call, orjson.loads(found), context=f"{ROOT}/issues")

    def incident_report(self, call: Call, tenant: Tenant, issue_id: str) -> Reply:
        """The document as a stream, once the issue says that it is published (reference §1.1)."""
        now = self.world.now()
        found = next((pair for pair in self.world.issues_of(tenant, now=now) if pair[0].id == issue_id), None)
        if found is None:
            return _absent(call)
        issue, version = found
        if issue.state(version).status != PUBLISHED:
            message = "The post-incident review of this issue is not published."
            return graph_error(call, status=400, code="BadRequest", message=message)
        headers = {"Content-Type": "application/octet-stream"}
        return Reply(body=issue.report or report_of(issue), headers=headers)

    def messages(self, call: Call, tenant: Tenant) -> Reply:
        now = self.world.now()
        return collection(
            call,
            tenant,
            context=f"{ROOT}/messages",
            items=MESSAGES,
            as_json=lambda message: message_json(message, now=now),
            most=1000,
            mark="$skip",
        )

    def message(self, call: Call, tenant: Tenant, message_id: str) -> Reply:
        found = next((message for message in MESSAGES if message.id == message_id), None)
        if found is None:
            return _absent(call)
        return entity(call, message_json(found, now=self.world.now()), context=f"{ROOT}/messages")

    def _listed(self, tenant: Tenant) -> Listed:
        return [
            (issue, issue.listing(version)) for issue, version in self.world.issues_of(tenant, now=self.world.now())
        ]

    def _items(self, listed: Listed, *, expand: bool) -> list[bytes]:
        by_service: dict[str, list[Listing]] = {}
        for issue, listing in listed:
            by_service.setdefault(issue.service.id, []).append(listing)
        items = []
        for service in SERVICES:
            found = by_service.get(service.id, [])
            item = self._heads[service.id] + _status(found).encode() + b'"'
            items.append(item + (b',"issues":[' + b",".join(one.json for one in found) + b"]}" if expand else b"}"))
        return items

    def _page(self, call: Call, tenant: Tenant, *, expand: bool) -> Reply:
        items = self._items(self._listed(tenant), expand=expand)
        start = whole_number(call.query.get("$skip", ""), default=0)
        size = whole_number(call.query.get("$top", ""), default=tenant.page_size or len(items)) or len(items)
        link = next_link(call, mark="$skip", offset=start + size) if start + size < len(items) else None
        context = f"{call.origin}/v1.0/{_context(expand)}"
        return Reply(body=page_body(context=context, next_link=link, items=items[start : start + size]))

    def _keep(self, key: Key, body: bytes) -> None:
        with self._lock:
            self._bodies[key] = body
            while len(self._bodies) > BODIES_KEPT:
                self._bodies.popitem(last=False)


def _head(service: Service) -> bytes:
    return b'{"service":' + orjson.dumps(service.name) + b',"id":' + orjson.dumps(service.id) + b',"status":"'


def _status(listings: list[Listing]) -> str:
    shown = [listing.shown for listing in listings if listing.shown]
    return min(shown, key=lambda status: _RANK.get(status, _GOOD.get(status, 50)), default="serviceOperational")


def _service(name: str) -> Service | None:
    return next((service for service in SERVICES if name in (service.name, service.id)), None)


def _issues(call: Call, tenant: Tenant, *, items: list[bytes]) -> Reply:
    size = 1000 if "maxpagesize" in call.headers.get("prefer", "") else 100
    return collection(
        call, tenant, context=f"{ROOT}/issues", items=items, as_json=orjson.Fragment, page=size, most=1000, mark="$skip"
    )


def _context(expand: bool) -> str:
    return f"{ROOT}/healthOverviews(issues())" if expand else f"{ROOT}/healthOverviews"


def _absent(call: Call) -> Reply:
    return graph_error(call, status=404, code="ResourceNotFound", message="The resource does not exist.")
