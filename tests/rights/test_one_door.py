"""One door: whatever reads customers for a person goes through `customers.access`."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Models whose rows belong to a customer, or say who is hit.
OF_CUSTOMERS = {
    *("Customer", "Feed", "ServiceLink"),
    *("Relationship", "AccessAssignment", "RelationshipRequest", "RelationshipOperation", "RelationshipChange"),
    *("Order", "OrderItem", "OrderCall", "ChangeNotice"),
    *("Issue", "Post", "Exposure", "ServiceState", "StateChange", "Gap", "Downtime", "Claim"),
    *("Ticket", "TicketChange", "OutgoingMail", "Habit"),
}
# Modules in which no person reads: the engine, what fills and seeds, and what Microsoft's answer calls.
ENGINE = {
    "support/changes.py": "writes tickets that the caller came to through the door",
    "support/desk.py": "the same",
    "support/escalation/pack/gathering.py": "reads of a ticket that the caller came to through the door",
    "support/escalation/checks.py": "reads the health of a ticket's customer that the caller came to through the door",
    "support/known/following.py": "tells tickets what is new of their issue",
    "support/known/suspecting.py": "weighs everybody's newest tickets; pages show those that one may see",
    "support/customer_side/door.py": "the door of customers' people: what is their customer's, and theirs",
    "support/customer_side/links.py": "finds at which customers an address is known, and shows none of it",
    "support/customer_side/microsoft.py": "finds the customer of a tenant that Microsoft vouches for",
    "support/customer_side/taking_in.py": "writes tickets that customers' people came to through their door",
    "support/lists/waking.py": "wakes what is due",
    "support/erasing/deletions.py": "deletes in the background the customer that the caller came to through the door",
    "support/erasing/reach.py": "finds the rows of a customer that the caller came to through the door",
    "support/erasing/writing.py": "background work",
    "support/insight/reckon.py": "background work",
    "support/insight/rounds.py": "background work",
    "support/sla/sweep.py": "looks at promises that are due",
    "support/mail/sending.py": "sends what is due",
    "support/mail/taking_in.py": "takes in mails",
    "support/mail/threading.py": "finds whose a mail is",
    "customers/file_import.py": "stores a file of customers",
    "customers/imports.py": "stores Microsoft's list",
    **dict.fromkeys(
        (f"customers/gdap/{name}.py" for name in ("store", "granted", "looking", "reading", "parts")),
        "keeps what Microsoft tells",
    ),
    **dict.fromkeys(
        (f"customers/gdap/{name}.py" for name in ("orders", "endings")),
        "rows that the caller took through visible_relationships",
    ),
    **dict.fromkeys(
        (f"customers/gdap/{name}.py" for name in ("calls", "carry_out", "steps", "end_alerts")), "background work"
    ),
    "customers/first_steps.py": "asks whether there is any row of a kind, for owners",
    "customers/links.py": "reads links in the background",
    "customers/writes.py": "locks the row of the one customer that a write is for",
    "customers/tasks.py": "background work",
    "customers/gdap/cells.py": "reckons in the background, and for customers that the caller has chosen",
    "customers/gdap/gather.py": "gathers facts of customers that the caller has chosen",
    "customers/connection_check.py": "counts the customers of a connection, for owners",
    "customers/settings_views.py": "has all feeds of a connection read again, for owners",
    "customers/consented.py": "finds the customer that a signed link names, and shows nothing of it",
    "health/messages/reading.py": "background work",
    "health/messages/storing.py": "background work",
    "health/downtime/reckon.py": "background work",
    "health/reviews/fetch.py": "background work",
    "health/finish.py": "background work",
    "health/hold.py": "background work",
    "health/gaps.py": "notes times without a reading when a reading is stored",
    "health/poll.py": "background work",
    "health/sweep.py": "background work",
    "health/tasks.py": "background work",
    "csp_portal/system/vitals.py": "counts feeds that are overdue, for owners",
}
# Functions that name a model's rows of which nothing foreign comes out, with the reason.
ALLOWED = {
    ("health/calls.py", "_open_tickets"),  # of exposures that are visible
    ("support/lists/slices.py", "_of_habit"),  # numbers that visible tickets are compared with
    ("support/merging.py", "_same_customer"),  # of two tickets that came through the door, to keep them apart
    ("support/merging.py", "_note_pair"),  # the same two tickets, for the audit
    ("support/merging.py", "linked_to"),  # of the customer of a ticket that came through get_ticket
    ("support/offers/gaps.py", "_asked_uncovered"),  # of customers that came through the door
    ("support/tools/canned.py", "values_of"),  # of the issue of a ticket that came through the door
    ("support/erasing/exports.py", "ask"),  # locks the customer that came through get_customer
    ("support/reopening.py", "merged_numbers"),  # the same
    ("support/conversation.py", "activity_of"),  # of a ticket that came through get_ticket
    ("customers/queries.py", "late_readings"),  # ids that visible rows are compared with
    ("customers/gdap/onboarding.py", "_newcomers"),  # whether visible customers granted it already
    ("customers/gdap/what_if_views.py", "_groups"),  # the groups of relationships that came through chosen_of
    ("customers/gdap/queries.py", "for_list"),  # the groups of relationships that came through visible_relationships
    ("customers/gdap/rows.py", "holders_of"),  # of relationships that the caller may see
    ("customers/gdap/history.py", "history_of"),  # of a relationship that came through get_relationship
    ("customers/gdap/telling.py", "keep_notices"),  # only writes them
    ("customers/gdap/telling.py", "untold_of"),  # compared with customers that the caller may see
    ("customers/gdap/telling.py", "untold_customers"),  # of an order that the caller may see; its pages narrow it
    ("customers/gdap/telling_views.py", "_order"),  # has rows of the one customer that came through get_customer
    ("customers/gdap/api.py", "_with_names"),  # prefetched for relationships that came through visible_relationships
    ("customers/gdap/views.py", "_counts"),  # whether visible relationships have a group
    ("customers/gdap/again.py", "ask_for_unread_groups"),  # whether there is any, for background work
    ("health/queries.py", "visible_issues"),  # filtered by the exposures of visible customers
    ("health/activity.py", "_sources"),  # the one issue that the caller may see
    ("health/queries.py", "hitting"),  # GroupFilter.narrow_rows starts at visible customers
    ("health/dashboard.py", "worst_open_issues"),  # posts of issues that came through visible_issues
    ("health/notice_runs/audience.py", "customers_of"),  # narrows visible customers by who is hit
    ("health/notice_runs/run_page.py", "_changes"),  # the post before that of a run that came through visible_runs
    ("health/downtime/detail.py", "read_intervals"),  # transitions of a downtime that came through visible_downtimes
    ("health/downtime/claims.py", "file_claim"),  # of a downtime that came through visible_downtimes
    ("health/downtime/claims.py", "decide_claim"),
    ("health/downtime/claims.py", "undo_claim"),
    ("health/suspicions.py", "_issue_behind"),  # background work: the issue that a suspicion is merged with
    ("health/alerts/scope.py", "about_any"),  # compared with customers that the caller may see, or a rule is for
    ("health/alerts/scope.py", "customers_of"),  # background work: whom a rule tells of
    ("health/shares/entries.py", "entries_of"),  # posts of issues that came through visible_issues
    ("health/shifts/changes.py", "_changed_issues"),  # which issues of visible_issues have new posts
    ("health/shares/status.py", "_open_issues"),  # posts of issues that came through visible_exposures
    ("customers/gdap/naming.py", "names_for"),  # names that are compared with, none is shown
    ("customers/gdap/order_choice.py", "_assignments"),  # of relationships that came through visible_relationships
    ("customers/gdap/doings.py", "_held"),  # of relationships that the caller may see
    ("customers/gdap/order_queries.py", "visible_orders"),  # narrowed by rows of visible customers, or one's own
    ("health/api.py", "get_object"),  # posts of an issue that came through visible_issues
}


def _modules() -> Iterator[Path]:
    for app in ("customers", "health", "support", "csp_portal/system", "csp_portal/accounts"):
        for path in sorted((ROOT / app).rglob("*.py")):
            inside = path.relative_to(ROOT)
            engine = {"migrations", "models", "management", "upsert", "bench"}
            if not engine & set(inside.parts) and inside.name != "models.py" and "seed" not in inside.name:
                yield path


def _readings(path: Path) -> Iterator[tuple[str, str]]:
    """Function and text of each `Model.objects…` that does not stand inside of_visible_customers(…)."""
    for function in ast.walk(ast.parse(path.read_text())):
        if not isinstance(function, ast.FunctionDef):
            continue
        guarded = {
            id(node)
            for call in ast.walk(function)
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "of_visible_customers"
            for node in ast.walk(call)
        }
        for node in ast.walk(function):
            is_reading = (
                isinstance(node, ast.Attribute)
                and node.attr in {"objects", "_default_manager", "_base_manager"}
                and getattr(node.value, "id", "") in OF_CUSTOMERS
            )
            if is_reading and id(node) not in guarded:
                yield function.name, ast.unparse(node)


@pytest.mark.parametrize("path", [name for path in _modules() if (name := str(path.relative_to(ROOT))) not in ENGINE])
def test_rows_of_customers_are_read_through_the_door(path):
    strays = [(name, text) for name, text in _readings(ROOT / path) if (path, name) not in ALLOWED]

    assert strays == []


def test_each_exception_is_still_needed():
    found = {(str(path.relative_to(ROOT)), name) for path in _modules() for name, _text in _readings(path)}

    assert {module for module in ENGINE if not (ROOT / module).exists()} == set()
    assert found >= ALLOWED
