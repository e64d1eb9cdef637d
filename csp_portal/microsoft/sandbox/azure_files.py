"""Files of requests at the sandbox's Azure Support: announced, then sent in at most two chunks (reference 3.4)."""

import base64
import binascii

import orjson

from csp_portal.microsoft.sandbox.azure_world import AzureWorld, SandboxFile
from csp_portal.microsoft.sandbox.wire import Call, Reply, json_reply

LARGEST, LARGEST_CHUNK, MOST_CHUNKS = 5_000_000, 2_500_000, 2


def announce(call: Call, azure: AzureWorld, subscription_id: str, workspace: str, name: str) -> Reply | None:
    """None where Microsoft would not take it; announcing it again keeps what was sent."""
    told = orjson.loads(call.body or b"{}").get("properties") or {}
    try:
        size, chunk, count = (int(told[key]) for key in ("fileSize", "chunkSize", "numberOfChunks"))
    except (KeyError, TypeError, ValueError):
        return None
    if size > LARGEST or chunk > LARGEST_CHUNK or not 1 <= count <= MOST_CHUNKS or chunk * count < size:
        return None
    with azure.lock:
        held = azure.files.get((workspace, name))
        if held is None or held.size != size:
            azure.files[workspace, name] = SandboxFile(size=size, chunks=[None for _chunk in range(count)])
    return json_reply(
        {"id": call.path, "name": name, "type": "Microsoft.Support/files", "properties": told}, status=201
    )


def upload(call: Call, azure: AzureWorld, subscription_id: str, workspace: str, name: str) -> Reply | None:
    said = orjson.loads(call.body or b"{}")
    try:
        content = base64.b64decode(said["content"], validate=True)
    except (KeyError, TypeError, binascii.Error):
        return None
    with azure.lock:
        held = azure.files.get((workspace, name))
        index = said.get("chunkIndex")
        if held is None or not isinstance(index, int) or not 0 <= index < len(held.chunks):
            return None
        if len(content) > LARGEST_CHUNK:
            return None
        held.chunks[index] = content
    return Reply(status=204, body=b"", headers={})
