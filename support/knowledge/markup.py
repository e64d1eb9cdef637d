"""The part of Markdown that short steps need, as safe HTML: headings, lists, code, quotes, links, emphasis."""

import re
from collections.abc import Callable, Iterator, Sequence
from html import escape

from django.utils.safestring import SafeString

from health.sanitize import cleaned_again

DEEPEST = 6
_ITEM = re.compile(r"^(?P<mark>[-*+]|\d{1,3}[.)])\s+(?P<text>.*)$")
_HEADING = re.compile(r"^(#{1,4})\s+(.+?)\s*#*$")
_WHOLE = re.compile(
    r"(?P<mark>`+)(?P<code>.+?)(?P=mark)|\[(?P<words>[^\[\]]{1,300})\]\((?P<url>https://[^\s()<>\"]{1,500})\)"
)
_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])")


def html_of(markdown: str) -> SafeString:
    """What the page shows; whatever is not understood stays as the person wrote it, and no HTML of theirs counts."""
    lines = markdown.replace("\r\n", "\n").replace("\x00", "").expandtabs(4).split("\n")
    return cleaned_again("".join(_blocks(lines, depth=0)))


def _blocks(lines: Sequence[str], *, depth: int) -> Iterator[str]:
    place = 0
    while place < len(lines):
        line = lines[place].strip()
        if not line:
            place += 1
            continue
        end, markup = _block(lines, place, depth=depth)
        place = end
        yield markup


def _block(lines: Sequence[str], place: int, *, depth: int) -> tuple[int, str]:
    line = lines[place].strip()
    if line.startswith("```"):
        end = next((n for n in range(place + 1, len(lines)) if lines[n].strip().startswith("```")), len(lines))
        return end + 1, f"<pre><code>{escape(chr(10).join(_dedented(lines[place + 1 : end])))}</code></pre>"
    if heading := _HEADING.match(line):
        level = min(6, len(heading[1]) + 2)  # the page has its own first and second
        return place + 1, f"<h{level}>{_inline(heading[2])}</h{level}>"
    if _ITEM.match(line) and depth < DEEPEST:
        return _list(lines, place, depth=depth)
    if line.startswith(">"):
        end = _while(lines, place, lambda text: text.startswith(">"))
        quoted = [text.strip().removeprefix(">").strip() for text in lines[place:end]]
        return end, f"<blockquote>{''.join(_blocks(quoted, depth=DEEPEST))}</blockquote>"
    end = max(_while(lines, place, _is_plain), place + 1)
    return end, f"<p>{'<br>'.join(_inline(text.strip()) for text in lines[place:end])}</p>"


def _is_plain(text: str) -> bool:
    return bool(text) and not (text.startswith(("```", ">")) or _HEADING.match(text) or _ITEM.match(text))


def _while(lines: Sequence[str], place: int, holds: Callable[[str], object]) -> int:
    return next((n for n in range(place, len(lines)) if not holds(lines[n].strip())), len(lines))


def _list(lines: Sequence[str], place: int, *, depth: int) -> tuple[int, str]:
    """Items of one kind; what is indented below an item, blank lines included, belongs to it."""
    margin, ordered = _indent(lines[place]), lines[place].strip()[0].isdigit()
    items: list[str] = []
    while place < len(lines) and _indent(lines[place]) == margin:
        item = _ITEM.match(lines[place].strip())
        if item is None or item["mark"][0].isdigit() != ordered:
            break
        end = _end_of_item(lines, place, margin=margin)
        inner = [item["text"], *_dedented(lines[place + 1 : end])]
        items.append("".join(_blocks(inner, depth=depth + 1)))
        place = end
    tag = "ol" if ordered else "ul"
    return place, f"<{tag}>{''.join(f'<li>{_tight(item)}</li>' for item in items)}</{tag}>"


def _end_of_item(lines: Sequence[str], place: int, *, margin: int) -> int:
    end = place + 1
    while end < len(lines) and (not lines[end].strip() or _indent(lines[end]) > margin):
        end += 1
    return end


def _tight(item: str) -> str:
    """A single paragraph of an item needs no paragraph around it."""
    return item[3:-4] if item.startswith("<p>") and item.count("<p>") == 1 and item.endswith("</p>") else item


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _dedented(lines: Sequence[str]) -> list[str]:
    margin = min((_indent(line) for line in lines if line.strip()), default=0)
    return [line[margin:] for line in lines]


def _inline(text: str) -> str:
    """Code and links first: nothing inside of them means anything else."""
    parts, place = [], 0
    for part in _WHOLE.finditer(text):
        parts.append(_emphasized(text[place : part.start()]))
        if part["code"]:
            parts.append(f"<code>{escape(part['code'].strip())}</code>")
        else:
            parts.append(f'<a href="{escape(part["url"])}">{_emphasized(part["words"])}</a>')
        place = part.end()
    return "".join([*parts, _emphasized(text[place:])])


def _emphasized(text: str) -> str:
    markup = _STRONG.sub(r"<strong>\1</strong>", escape(text))
    return _EMPHASIS.sub(r"<em>\1</em>", markup)
