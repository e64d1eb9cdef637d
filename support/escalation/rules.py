"""The decision table: who files where, under which plan, at what cost, how soon Microsoft answers; and why, by rule.

Rules are data in their order. For each question the first rule whose conditions all hold decides, and the next
question may ask what the ones before decided; of the notes all that hold are told.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

_FILE = Path(__file__).parent / "data" / "entitlement.json"


class Question(StrEnum):
    """In the order in which they are decided."""

    WHO = "who"
    WHERE = "where"
    PLAN = "plan"
    COST = "cost"
    TARGET = "target"
    NOTE = "note"


DECIDED = (Question.WHO, Question.WHERE, Question.PLAN, Question.COST, Question.TARGET)


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is known of a request before it is filed; `has` are the kinds of our plans that are in force for it."""

    partner: str
    family: str
    purchase: str
    cloud: str
    kind: str
    severity: str
    has: frozenset[str] = frozenset()
    role: str = "UNKNOWN"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A row of the table; `value` is None where nothing is promised. `is_ours` marks what an owner chose instead."""

    key: str
    question: Question
    when: Mapping[str, frozenset[str]]
    value: str | int | None
    sources: Mapping[str, str]
    source_date: str
    texts: Mapping[str, str]
    is_disputed: bool = False
    is_obstacle: bool = False
    setting: str = ""
    is_ours: bool = False
    reason: str = ""

    @property
    def why(self) -> str:
        """In the reader's language."""
        return self.texts.get(get_language() or "en", self.texts["en"])

    @property
    def source(self) -> str:
        """Pages of Microsoft's keep their title; what is said otherwise is said in the reader's language."""
        return self.sources.get(get_language() or "en", self.sources["en"])

    def holds(self, known: Mapping[str, frozenset[str]]) -> bool:
        return all(wanted & known.get(name, frozenset()) for name, wanted in self.when.items())


@dataclass(frozen=True, kw_only=True, slots=True)
class Entitlement:
    """The answers, and the rules that led there in the order of the questions."""

    who: str
    where: str
    plan: str
    cost: str
    target_minutes: int | None
    rules: tuple[Rule, ...]
    notes: tuple[Rule, ...]

    @property
    def obstacles(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.notes if rule.is_obstacle)

    @property
    def is_disputed(self) -> bool:
        return any(rule.is_disputed and not rule.is_ours for rule in self.rules)


def resolve(facts: Facts, *, rules: Iterable[Rule]) -> Entitlement:
    """The entitlement by these rules; LookupError where the table has a hole, which is a mistake in the table."""
    table = tuple(rules)
    names = ("partner", "family", "purchase", "cloud", "kind", "severity", "role")
    known = {name: frozenset({getattr(facts, name)}) for name in names}
    known["has"] = facts.has
    led: dict[Question, Rule] = {}
    for question in DECIDED:
        rule = next((rule for rule in table if rule.question == question and rule.holds(known)), None)
        if rule is None:
            raise LookupError(f"no rule says “{question}” of {facts}")
        led[question] = rule
        known[question.value] = frozenset({str(rule.value)})
    target = led[Question.TARGET].value
    return Entitlement(
        who=str(led[Question.WHO].value),
        where=str(led[Question.WHERE].value),
        plan=str(led[Question.PLAN].value),
        cost=str(led[Question.COST].value),
        target_minutes=None if target is None else int(target),
        rules=tuple(led.values()),
        notes=tuple(rule for rule in table if rule.question == Question.NOTE and rule.holds(known)),
    )


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """The table as it ships, before any owner chose."""
    written = json.loads(_FILE.read_text(encoding="utf-8"))
    sources = written["sources"]
    return tuple(
        Rule(
            key=row["key"],
            question=Question(row["decides"]),
            when={name: frozenset(values) for name, values in row["when"].items()},
            value=row["value"],
            sources=sources[row["source"]]["title"],
            source_date=sources[row["source"]]["date"],
            texts=row["why"],
            is_disputed=row["disputed"],
            is_obstacle=row.get("obstacle", False),
            setting=row.get("setting", ""),
        )
        for row in written["rules"]
    )


def with_choice(rule: Rule, *, value: str | int | None, reason: str) -> Rule:
    return replace(rule, value=value, is_ours=True, reason=reason)
