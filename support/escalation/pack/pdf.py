"""The pack's text as PDF, line by line; the same text is the same bytes."""

from io import BytesIO
from textwrap import wrap
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer

from support.offers.pdf import CHINESE, LATIN, LATIN_BOLD

LONGEST = 2000  # characters of a paragraph


def pdf_of(title: str, text: str) -> bytes:
    paper = BytesIO()
    margins = {"leftMargin": 18 * mm, "rightMargin": 18 * mm, "topMargin": 16 * mm, "bottomMargin": 16 * mm}
    document = SimpleDocTemplate(paper, pagesize=A4, title=title, lang="en", invariant=1, **margins)
    lines = [part for line in text.splitlines() for part in _parts_of(line)]
    story: list[Flowable] = [_line(one, is_first=number == 0) for number, one in enumerate(lines)]
    document.build(story)
    return paper.getvalue()


def _parts_of(line: str) -> list[str]:
    """A paragraph takes time with the square of its length."""
    return wrap(line, LONGEST, drop_whitespace=False, replace_whitespace=False) if len(line) > LONGEST else [line]


def _line(text: str, *, is_first: bool) -> Flowable:
    words = text.replace("⟦", "[").replace("⟧", "]").replace("…", "...")
    if not words.strip():
        return Spacer(1, 2 * mm)
    is_heading = words.startswith("== ")
    size = 15 if is_first else 11 if is_heading else 8.5
    font = _font_for(words, bold=is_first or is_heading)
    indent = 5 * mm if words.startswith("    ") else 0
    style = ParagraphStyle(
        "line",
        fontName=font,
        fontSize=size,
        leading=size * 1.4,
        leftIndent=indent,
        wordWrap="CJK" if font == CHINESE else None,
        splitLongWords=1,
    )
    return Paragraph(escape(words.removeprefix("== ").strip()), style)


def _font_for(text: str, *, bold: bool) -> str:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return CHINESE
    return LATIN_BOLD if bold else LATIN
