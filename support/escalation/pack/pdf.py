"""The pack's text as PDF, line by line; the same text is the same bytes."""

from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer

from support.offers.pdf import CHINESE, LATIN, LATIN_BOLD


def pdf_of(title: str, text: str) -> bytes:
    paper = BytesIO()
    margins = {"leftMargin": 18 * mm, "rightMargin": 18 * mm, "topMargin": 16 * mm, "bottomMargin": 16 * mm}
    document = SimpleDocTemplate(paper, pagesize=A4, title=title, lang="en", invariant=1, **margins)
    story: list[Flowable] = [_line(one, is_first=number == 0) for number, one in enumerate(text.splitlines())]
    document.build(story)
    return paper.getvalue()


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
