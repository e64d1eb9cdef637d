"""Correlation and request ids that somebody named in their words."""

import re

_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_NAMED = re.compile(
    rf"(?i)((?:x-ms-)?(?:client-)?(?:correlation|request|activity|trace|tracking|session|diagnostic|operation)"
    rf"[-_ ]{{0,2}}(?:request[-_ ]?)?(?:id|guid)?)\W{{1,5}}({_GUID}|\d{{16,20}}|00-[0-9a-f]{{32}}-[0-9a-f]{{16}}-\d\d)"
)
_ISSUE = re.compile(r"(?<![\w-])[A-Z]{2}\d{6,8}(?![\w-])")
MOST = 100


def identifiers_in(text: str) -> list[str]:
    """Each once, in the order in which they were named."""
    found = [f"{' '.join(one[1].split())}: {one[2]}" for one in _NAMED.finditer(text)]
    found += [f"Issue: {one[0]}" for one in _ISSUE.finditer(text)]
    return list(dict.fromkeys(found))[:MOST]
