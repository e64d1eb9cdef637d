"""Alerts for an incoming webhook of Slack, as plain text, so that nobody's name mentions or links anything."""

from typing import Any

from csp_portal.notices.letter import Letter
from csp_portal.notices.words import headline, lines

MOST = 20  # Slack takes 50 blocks


def body_of(letter: Letter) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(letter.subject(), longest=150)}]
    if len(letter.contents) == 1:
        text = "\n".join(f"{label}: {value}" for label, value in lines(letter.contents[0]))
        blocks.append({"type": "section", "text": _plain(text or "–", longest=3000)})
    else:
        shown = letter.contents[:MOST]
        blocks += [{"type": "section", "text": _plain(headline(one), longest=3000)} for one in shown]
    button = {"type": "button", "text": _plain("Portal", longest=75), "url": letter.link(letter.contents[0])}
    blocks.append({"type": "actions", "elements": [button]})
    return {"text": _escaped(letter.subject()), "blocks": blocks}


def _plain(text: str, *, longest: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": text[:longest], "emoji": False}


def _escaped(text: str) -> str:
    """What Slack asks of texts: docs.slack.dev, "Escaping text"."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
