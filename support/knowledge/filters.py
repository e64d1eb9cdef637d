"""What a person asks of the list of runbooks, read from its address."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import QueryDict

from support.knowledge.writing import judged
from support.models import Family, Runbook


@dataclass(frozen=True, kw_only=True, slots=True)
class RunbookFilter:
    words: str = ""
    family: str = ""
    service_name: str = ""
    is_retired: bool = False

    @classmethod
    def from_query(cls, query: QueryDict) -> "RunbookFilter":
        family = query.get("family", "").upper()
        return cls(
            words=_text(query, "q"),
            family=family if family in Family.values else "",
            service_name=_text(query, "service"),
            is_retired=query.get("retired") == "yes",
        )

    @property
    def is_set(self) -> bool:
        return bool(self.words or self.family or self.service_name or self.is_retired)

    def apply(self) -> "QuerySet[Runbook]":
        """What is for any product is also for this one."""
        rows = Runbook.objects.filter(retired_at__isnull=not self.is_retired)
        for word in self.words.split()[:8]:
            rows = rows.filter(Q(title__icontains=word) | Q(words__icontains=word) | Q(steps__icontains=word))
        if self.family:
            rows = rows.filter(family__in=["", self.family])
        if self.service_name:
            rows = rows.filter(service_name=self.service_name)
        return judged(rows)


def _text(query: QueryDict, name: str) -> str:
    return query.get(name, "").replace("\x00", "").strip()[:200]
