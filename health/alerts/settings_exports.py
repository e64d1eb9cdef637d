"""Alert rules and targets as files for a spreadsheet; what a target is reached by stays sealed."""

from django.http import HttpResponseBase
from django.utils.translation import gettext as _

from csp_portal.accounts.exports import exports
from csp_portal.accounts.rights import Capability, SignedInRequest
from csp_portal.audit.actions import Action
from csp_portal.notices.kinds import EventKind
from csp_portal.notices.models import Rule, Target
from csp_portal.spreadsheet import csv_answer


@exports(Action.RULES_EXPORTED, capability=Capability.MANAGE_PORTAL)
def rules(request: SignedInRequest) -> HttpResponseBase:
    header = [
        *(_("Rule"), _("In use"), _("Kinds"), _("Least severity"), _("Only groups"), _("Except groups"), _("Clouds")),
        *(_("Services"), _("Targets"), _("Rhythm"), _("Hours")),
    ]
    found = Rule.objects.select_related("hours").prefetch_related("targets", "only_groups", "except_groups")
    return csv_answer("alert-rules", header=header, rows=map(_rule, found.order_by("name")))


def _rule(rule: Rule) -> list[object]:
    kinds = [str(EventKind(kind).label) if kind in EventKind.values else kind for kind in rule.kinds]
    return [
        *(rule.name, _("yes") if rule.is_enabled else _("no"), "; ".join(kinds), rule.get_least_display()),
        *(_names(rule.only_groups.all()), _names(rule.except_groups.all()), "; ".join(rule.clouds)),
        *("; ".join(rule.services), _names(rule.targets.all()), rule.get_rhythm_display()),
        rule.hours.name if rule.hours else "",
    ]


@exports(Action.TARGETS_EXPORTED, capability=Capability.MANAGE_PORTAL)
def targets(request: SignedInRequest) -> HttpResponseBase:
    header = [
        _("Target"),
        _("Way"),
        _("Mail addresses"),
        _("Language"),
        _("In use"),
        _("Failures in a row"),
        _("Since"),
    ]
    return csv_answer("alert-targets", header=header, rows=map(_target, Target.objects.order_by("name")))


def _target(target: Target) -> list[object]:
    since = target.failing_since.isoformat(timespec="seconds") if target.failing_since else ""
    return [
        *(target.name, target.get_way_display(), "; ".join(target.addresses), target.get_language_display()),
        *(_("yes") if target.is_enabled else _("no"), target.failures, since),
    ]


def _names(rows: object) -> str:
    return "; ".join(sorted(str(row.name) for row in rows))  # type: ignore[attr-defined]  # rows of any model with a name
