"""Answers of the API as JSON, written by a library that knows moments and ids itself."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer


class QuickJSONRenderer(JSONRenderer):
    """DRF's renderer, except that orjson writes where nobody asks for indented text."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        context = renderer_context or {}
        if data is None or self.get_indent(accepted_media_type or "", context) is not None:
            return super().render(data, accepted_media_type, context)
        plain = self.encoder_class().default
        return orjson.dumps(data, default=plain, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)
