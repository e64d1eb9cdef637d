"""Draws the sheet of an offer as PDF, with fonts that every reader has: nothing is embedded."""

from io import BytesIO
from xml.sax.saxutils import escape

from django.utils import translation
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer

from support.models import OfferVersion
from support.offers.sheet import sheet_of

# Adobe's own for Traditional Chinese, named by the document and brought by the program that shows it.
CHINESE, LATIN, LATIN_BOLD = "MSung-Light", "Helvetica", "Helvetica-Bold"
pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))


def pdf_of(version: OfferVersion, *, language: str) -> bytes:
    """One A4 sheet, or as many as it takes."""
    with translation.override(language):
        sheet = sheet_of(version)
    paper = BytesIO()
    document = SimpleDocTemplate(
        paper,
        pagesize=A4,
        title=sheet.title,
        lang=language,
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        invariant=1,
    )
    story: list[Flowable] = [
        _line(sheet.title, size=18, bold=True),
        _line(sheet.customer, size=13),
        _line(sheet.validity, size=10),
    ]
    for block in sheet.blocks:
        story += [Spacer(1, 4 * mm), _line(block.heading, size=12, bold=True)]
        story += [_line(line, size=10) for line in block.lines]
    document.build(story)
    return paper.getvalue()


def _line(text: str, *, size: int, bold: bool = False) -> Paragraph:
    font = _font_for(text, bold=bold)
    style = ParagraphStyle("line", fontName=font, fontSize=size, leading=size * 1.5, wordWrap=_wrap(font))
    return Paragraph(escape(text), style)


def _font_for(text: str, *, bold: bool) -> str:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return CHINESE
    return LATIN_BOLD if bold else LATIN


def _wrap(font: str) -> str | None:
    """Chinese breaks between any two characters."""
    return "CJK" if font == CHINESE else None
