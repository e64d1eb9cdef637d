"""JSON that programs send: read only as deep as ours ever is."""

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

DEEPEST = 16


class BoundedJSONParser(JSONParser):
    """DRF's parser, which refuses what is nested too deep instead of failing on it."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        try:
            read = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise _too_deep() from error
        if _is_deeper(read, than=DEEPEST):
            raise _too_deep()
        try:
            json.dumps(read, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:  # neither a hash nor PostgreSQL takes it
            raise ParseError(_("The JSON holds half a character, which no text may (a lone surrogate).")) from error
        return read


def _too_deep() -> ParseError:
    return ParseError(_("The JSON is nested deeper than %(most)d levels.") % {"most": DEEPEST})


def _is_deeper(value: Any, *, than: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return than == 0 or any(_is_deeper(part, than=than - 1) for part in parts)
