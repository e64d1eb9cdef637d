"""Lays the pack out and masks it as a whole: a text to paste, a PDF, and a ZIP; the same input is the same bytes."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from support.escalation.pack.gathering import Evidence, Section, utc
from support.escalation.pack.masking import Masker
from support.escalation.pack.pdf import pdf_of

LONGEST = 200_000  # characters of the text


@dataclass(frozen=True, kw_only=True, slots=True)
class Pack:
    """`text` is what leaves; `counts` says how often each rule took something out of it."""

    title: str
    text: str
    health: str
    counts: Counter[str]

    def pdf(self) -> bytes:
        return pdf_of(self.title, self.text)

    def zip(self) -> bytes:
        """Members in one order with one date, so that the archive says nothing of when it was made."""
        paper = BytesIO()
        members = {
            "evidence.txt": self.text.encode(),
            "evidence.pdf": self.pdf(),
            "service-health.json": self.health.encode(),
        }
        with ZipFile(paper, "w", ZIP_DEFLATED, compresslevel=6) as archive:
            for name, content in members.items():
                member = ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
                member.compress_type, member.external_attr, member.create_system = ZIP_DEFLATED, 0o600 << 16, 3
                archive.writestr(member, content)
        return paper.getvalue()


def pack_of(evidence: Evidence, *, also: Sequence[str] = ()) -> Pack:
    """Masked once as a whole, so that no secret is put together by how the parts stand beside each other."""
    body = _laid_out(evidence.sections)
    cut = body[:LONGEST] + ("\n[…]" if len(body) > LONGEST else "")
    masker = Masker(names=evidence.names, also=also)
    masked = masker.mask(cut)
    health, more = masker.mask_leaves(evidence.health)
    raw = json.dumps(health, indent=2, sort_keys=True, ensure_ascii=False, default=str)
    head = f"{evidence.title}\nAs of {utc(evidence.moment)} UTC. Personal data and secrets are masked.\n"
    text = f"{head}\n{masked.text}\n\n{_laid_out([evidence.contact])}\n"
    return Pack(title=evidence.title, text=text, health=f"{raw}\n", counts=masked.counts + more)


def _laid_out(sections: Sequence[Section]) -> str:
    return "\n\n".join("\n".join([f"== {one.title}", *one.lines]) for one in sections)
