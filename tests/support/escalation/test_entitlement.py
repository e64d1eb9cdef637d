"""The decision table: what is answered in each case, and that no row is there in vain."""

import itertools
from dataclasses import replace

import pytest

from support.escalation.answers import ANSWERS, Where
from support.escalation.rules import Facts, Question, Rule, resolve, shipped_rules

BASE = Facts(
    partner="DIRECT",
    family="MICROSOFT_365",
    purchase="CSP",
    cloud="global",
    kind="TECHNICAL",
    severity="B",
    role="YES",
)
FAMILIES = {"m365": "MICROSOFT_365", "azure": "AZURE", "d365": "DYNAMICS_365", "pc": "PARTNER_CENTER", "other": "OTHER"}
# What is said of the case (partner, family, purchase, cloud, kind, severity, plans, role), and the whole answer:
# who, where, plan, cost, minutes to the first answer.
CASES = """
direct m365                        | US M365_ADMIN CSP_INCLUDED NOTHING 240
direct m365 A                      | US M365_ADMIN CSP_INCLUDED NOTHING 120
direct m365 C                      | US M365_ADMIN CSP_INCLUDED NOTHING 480
direct m365 PREMIER                | US M365_ADMIN PREMIER PLAN_FEE 240
direct m365 ADVANCED               | US M365_ADMIN ADVANCED PLAN_FEE 240
direct m365 PARTNER_CLOUD          | US M365_ADMIN PARTNER_CLOUD BENEFIT 240
direct m365 PARTNER_CLOUD PREMIER  | US M365_ADMIN PREMIER PLAN_FEE 240
direct m365 AZURE_STANDARD         | US M365_ADMIN CSP_INCLUDED NOTHING 240
direct m365 role-no                | US M365_ADMIN CSP_INCLUDED NOTHING 240
direct m365 role-unknown           | US M365_ADMIN CSP_INCLUDED NOTHING 240
direct m365 commercial             | US PARTNER_CENTER NONE_NEEDED NOTHING 1440
direct m365 commercial PREMIER     | US PARTNER_CENTER NONE_NEEDED NOTHING 1440
direct azure                       | US AZURE_PORTAL CSP_INCLUDED FEE 240
direct azure A                     | US AZURE_PORTAL CSP_INCLUDED FEE 120
direct azure PREMIER               | US AZURE_API PREMIER PLAN_FEE 240
direct azure A PREMIER             | US AZURE_API PREMIER PLAN_FEE 60
direct azure C PREMIER             | US AZURE_API PREMIER PLAN_FEE 480
direct azure ADVANCED              | US AZURE_API ADVANCED PLAN_FEE 240
direct azure A ADVANCED            | US AZURE_API ADVANCED PLAN_FEE 120
direct azure AZURE_PRODIRECT       | US AZURE_API AZURE_PRODIRECT PLAN_FEE 240
direct azure A AZURE_PRODIRECT     | US AZURE_API AZURE_PRODIRECT PLAN_FEE 60
direct azure AZURE_STANDARD        | US AZURE_PORTAL AZURE_STANDARD PLAN_FEE 240
direct azure A AZURE_STANDARD      | US AZURE_PORTAL AZURE_STANDARD PLAN_FEE 60
direct azure PARTNER_CLOUD         | US AZURE_PORTAL PARTNER_CLOUD BENEFIT 240
direct azure role-no               | US AZURE_PORTAL CSP_INCLUDED FEE 240
direct azure commercial            | US PARTNER_CENTER NONE_NEEDED NOTHING 1440
direct d365                        | US POWER_PLATFORM MISSING PLAN_TO_BUY -
direct d365 A                      | US POWER_PLATFORM MISSING PLAN_TO_BUY -
direct d365 ADVANCED               | US POWER_PLATFORM ADVANCED PLAN_FEE 240
direct d365 A ADVANCED             | US POWER_PLATFORM ADVANCED PLAN_FEE 60
direct d365 PREMIER                | US POWER_PLATFORM PREMIER PLAN_FEE 240
direct d365 PARTNER_CLOUD          | US POWER_PLATFORM PARTNER_CLOUD BENEFIT 240
direct d365 commercial             | US PARTNER_CENTER NONE_NEEDED NOTHING 1440
direct pc                          | US PARTNER_CENTER NONE_NEEDED NOTHING 240
direct pc commercial               | US PARTNER_CENTER NONE_NEEDED NOTHING 1440
direct other                       | US PARTNER_CENTER MISSING PLAN_TO_BUY -
direct other PREMIER               | US PARTNER_CENTER PREMIER PLAN_FEE 240
direct other ADVANCED              | US PARTNER_CENTER MISSING PLAN_TO_BUY -
direct other commercial            | US PARTNER_CENTER NONE_NEEDED NOTHING 1440
provider m365                      | US M365_ADMIN CSP_INCLUDED NOTHING 240
provider azure                     | US AZURE_PORTAL CSP_INCLUDED FEE 240
provider azure commercial          | US PARTNER_CENTER NONE_NEEDED NOTHING 1440
provider m365 commercial           | US PARTNER_CENTER NONE_NEEDED NOTHING 1440
provider d365 PREMIER              | US POWER_PLATFORM PREMIER PLAN_FEE 240
reseller azure                     | PROVIDER PROVIDER PROVIDER_PLAN THEIR_TERMS -
reseller azure PREMIER             | PROVIDER PROVIDER PROVIDER_PLAN THEIR_TERMS -
reseller azure china               | PROVIDER PROVIDER PROVIDER_PLAN THEIR_TERMS -
reseller m365 commercial           | PROVIDER PROVIDER PROVIDER_PLAN THEIR_TERMS -
reseller m365                      | US M365_ADMIN CSP_INCLUDED NOTHING 240
reseller d365 ADVANCED             | US POWER_PLATFORM ADVANCED PLAN_FEE 240
reseller other                     | PROVIDER PROVIDER PROVIDER_PLAN THEIR_TERMS -
reseller pc                        | US PARTNER_CENTER NONE_NEEDED NOTHING 240
unknown m365                       | NOBODY_YET NOWHERE NOT_OURS NOTHING -
unknown pc                         | US PARTNER_CENTER NONE_NEEDED NOTHING 240
direct m365 enterprise             | CUSTOMER CUSTOMER NOT_OURS NOTHING -
direct m365 web                    | CUSTOMER CUSTOMER NOT_OURS NOTHING -
direct azure other-partner         | OTHER_PARTNER OTHER_PARTNER NOT_OURS NOTHING -
direct azure marketplace           | PUBLISHER PUBLISHER NOT_OURS THEIR_TERMS -
reseller azure marketplace         | PUBLISHER PUBLISHER NOT_OURS THEIR_TERMS -
direct m365 china                  | US CHINA_PARTNER_CENTER CSP_INCLUDED UNKNOWN -
direct azure china PREMIER         | US CHINA_PARTNER_CENTER CSP_INCLUDED UNKNOWN -
direct d365 china                  | US CHINA_PARTNER_CENTER CSP_INCLUDED UNKNOWN -
direct m365 china commercial       | US CHINA_PARTNER_CENTER NONE_NEEDED NOTHING -
direct m365 usgov                  | US M365_ADMIN CSP_INCLUDED NOTHING 240
direct azure usgov PREMIER         | US AZURE_API PREMIER PLAN_FEE 240
direct azure usgov                 | US AZURE_PORTAL CSP_INCLUDED FEE 240
direct d365 usgov PREMIER          | US POWER_PLATFORM PREMIER PLAN_FEE 240
direct m365 usgov-dod              | US M365_ADMIN CSP_INCLUDED NOTHING 240
direct azure usgov-dod PREMIER     | US AZURE_PORTAL PREMIER PLAN_FEE 240
direct d365 usgov-dod PREMIER      | US POWER_PLATFORM PREMIER PLAN_FEE 240
direct m365 usgov commercial       | US PARTNER_CENTER NONE_NEEDED NOTHING 1440
direct azure custom PREMIER        | US AZURE_API PREMIER PLAN_FEE 240
"""
WORDS: dict[str, dict[str, str]] = {
    "direct": {"partner": "DIRECT"},
    "provider": {"partner": "INDIRECT_PROVIDER"},
    "reseller": {"partner": "INDIRECT_RESELLER"},
    "unknown": {"partner": "UNKNOWN"},
    "commercial": {"kind": "COMMERCIAL"},
    "enterprise": {"purchase": "ENTERPRISE"},
    "web": {"purchase": "WEB_DIRECT"},
    "other-partner": {"purchase": "CSP_OTHER"},
    "marketplace": {"purchase": "MARKETPLACE"},
    "role-no": {"role": "NO"},
    "role-unknown": {"role": "UNKNOWN"},
    **{word: {"family": family} for word, family in FAMILIES.items()},
    **{cloud: {"cloud": cloud} for cloud in ("usgov", "usgov-dod", "china", "custom")},
    **{severity: {"severity": severity} for severity in "ABC"},
}
ROWS = [tuple(part.strip() for part in line.split("|")) for line in CASES.strip().splitlines()]


def facts(text: str) -> Facts:
    said: dict[str, str] = {}
    plans = set()
    for word in text.split():
        said.update(WORDS.get(word, {}))
        plans |= {word} - WORDS.keys()
    return replace(BASE, **said, has=frozenset(plans))


@pytest.mark.parametrize(("case", "answer"), ROWS, ids=[row[0] for row in ROWS])
def test_each_case_is_answered_as_written(case: str, answer: str) -> None:
    found = resolve(facts(case), rules=shipped_rules())

    minutes = "-" if found.target_minutes is None else found.target_minutes
    assert f"{found.who} {found.where} {found.plan} {found.cost} {minutes}" == answer
    assert [rule.question for rule in found.rules] == ["who", "where", "plan", "cost", "target"]


def test_every_row_of_the_table_is_reached_by_a_case() -> None:
    reached: set[str] = set()
    for case, _answer in ROWS:
        found = resolve(facts(case), rules=shipped_rules())
        reached |= {rule.key for rule in (*found.rules, *found.notes)}

    assert {rule.key for rule in shipped_rules()} - reached == set()


def test_the_table_has_a_hundred_rows_each_with_source_date_and_both_languages() -> None:
    rules = shipped_rules()

    assert len(rules) >= 100
    assert len({rule.key for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.sources["en"]
        assert len(rule.source_date) == 10
        assert set(rule.texts) == {"en", "zh-hant"}
        assert all(rule.texts.values())


def test_every_answer_of_the_table_has_words_and_every_condition_a_known_name() -> None:
    known = {"partner", "family", "purchase", "cloud", "kind", "severity", "role", "has", *ANSWERS}
    for rule in shipped_rules():
        assert set(rule.when) <= known, rule.key
        if rule.question in ANSWERS:
            assert rule.value in ANSWERS[rule.question].values, rule.key


def test_the_table_has_no_hole() -> None:
    plans = (frozenset[str](), frozenset({"PREMIER"}), frozenset({"PARTNER_CLOUD"}))
    grid = itertools.product(
        ("DIRECT", "INDIRECT_PROVIDER", "INDIRECT_RESELLER", "UNKNOWN"),
        FAMILIES.values(),
        ("CSP", "CSP_OTHER", "ENTERPRISE", "WEB_DIRECT", "MARKETPLACE"),
        ("global", "usgov", "usgov-dod", "china", "custom"),
        ("TECHNICAL", "COMMERCIAL"),
        ("A", "C"),
        plans,
    )
    for partner, family, purchase, cloud, kind, severity, has in grid:
        case = Facts(
            partner=partner, family=family, purchase=purchase, cloud=cloud, kind=kind, severity=severity, has=has
        )
        found = resolve(case, rules=shipped_rules())
        assert found.where in Where.values


def test_a_table_with_a_hole_is_an_error_and_no_guess() -> None:
    without: list[Rule] = [rule for rule in shipped_rules() if rule.question != Question.COST]

    with pytest.raises(LookupError, match="cost"):
        resolve(BASE, rules=without)


def test_who_lacks_the_role_or_the_plan_is_told_so_as_an_obstacle() -> None:
    assert [rule.key for rule in resolve(facts("direct m365 role-no"), rules=shipped_rules()).obstacles] == [
        "note-role-m365"
    ]
    assert [rule.key for rule in resolve(facts("direct d365"), rules=shipped_rules()).obstacles] == [
        "note-plan-missing"
    ]
    assert resolve(facts("direct m365"), rules=shipped_rules()).obstacles == ()
