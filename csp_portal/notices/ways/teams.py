"""Alerts as an Adaptive Card for a workflow "When a Teams webhook request is received".

The shape: learn.microsoft.com, workflows for Teams, "type": "message" with one attachment a card. Texts that others
wrote stand in RichTextBlocks, which know no Markdown: a customer's name can't become a link.
"""

from collections.abc import Mapping
from typing import Any

from csp_portal.notices.letter import Letter
from csp_portal.notices.words import headline, lines

COLORS = {"CRITICAL": "attention", "WARNING": "warning", "INFO": "accent"}
MOST = 20  # Teams takes 28 KB


def body_of(letter: Letter) -> dict[str, Any]:
    shown = letter.contents[:MOST]
    blocks = [_text(letter.subject(), weight="bolder", size="medium")] if len(letter.contents) > 1 else []
    for content in shown:
        blocks += _blocks(content, is_short=len(shown) > 1)
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": blocks,
        "actions": [{"type": "Action.OpenUrl", "title": "Portal", "url": letter.link(letter.contents[0])}],
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def _blocks(content: Mapping[str, Any], *, is_short: bool) -> list[dict[str, Any]]:
    color = COLORS.get(content["severity"], "default")
    title = _text(headline(content), weight="bolder", color=color)
    if is_short:
        return [title]
    facts = [
        {
            "type": "RichTextBlock",
            "spacing": "small",
            "inlines": [
                {"type": "TextRun", "text": f"{label}: ", "weight": "bolder"},
                {"type": "TextRun", "text": value},
            ],
        }
        for label, value in lines(content)
    ]
    return [title, *facts]


def _text(text: str, **style: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}
