"""Collections as Graph answers them: pages, next links, and the few query options that are honored."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import quote, urlencode

import orjson

from csp_portal.microsoft.sandbox.tenants import Tenant
from csp_portal.microsoft.sandbox.wire import Call, Reply

Item = TypeVar("Item")


def whole_number(text: str, *, default: int) -> int:
    return int(text) if text.isdecimal() else default


def page_body(*, context: str, next_link: str | None, items: list[bytes]) -> bytes:
    """The envelope of a collection around items that are JSON already."""
    head = b'{"@odata.context":' + orjson.dumps(context)
    if next_link:
        head += b',"@odata.nextLink":' + orjson.dumps(next_link)
    return head + b',"value":[' + b",".join(items) + b"]}"


def collection(
    call: Call,
    tenant: Tenant,
    *,
    context: str,
    items: Sequence[Item],
    as_json: Callable[[Item], object],
    page: int = 100,
    most: int = 999,
    mark: str = "$skiptoken",
) -> Reply:
    """One page of `items`; `mark` is the option that carries the offset ($skip or $skiptoken)."""
    start = whole_number(call.query.get(mark, ""), default=0)
    size = min(most, whole_number(call.query.get("$top", ""), default=page)) or page
    size = min(size, tenant.page_size or size)
    chosen = items[start : start + size]
    wanted = [name for name in call.query.get("$select", "").split(",") if name]
    made = [orjson.dumps(_select(as_json(item), wanted=wanted)) for item in chosen]
    after = start + size
    link = next_link(call, mark=mark, offset=after) if after < len(items) else None
    return Reply(body=page_body(context=f"{call.origin}/v1.0/{context}", next_link=link, items=made))


def next_link(call: Call, *, mark: str, offset: int) -> str:
    query = {**call.query, mark: str(offset)}
    return f"{call.origin}{quote(call.path)}?{urlencode(query, safe='$,')}"


def entity(call: Call, value: dict[str, object], *, context: str) -> Reply:
    return Reply(body=orjson.dumps({"@odata.context": f"{call.origin}/v1.0/{context}/$entity", **value}))


def _select(value: object, *, wanted: list[str]) -> object:
    if not wanted or not isinstance(value, dict):
        return value
    return {name: part for name, part in value.items() if name in wanted or name == "id" or name.startswith("@")}
