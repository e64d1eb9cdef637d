"""The Celery application and the one schedule: beat wakes, rows with `due_at` say what there is to do."""

import os

from celery import Celery
from celery.signals import beat_init, celeryd_init, setup_logging

from csp_portal import checks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csp_portal.settings")

app = Celery("csp_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "csp_portal.system",
        "csp_portal.audit",
        "csp_portal.attachments",
        "csp_portal.notices",
        "customers",
        "health",
        "support",
    ]
)


@setup_logging.connect
def keep_our_logging(**kwargs: object) -> None:
    """With a receiver Celery sets up no handlers of its own: worker and beat log as Django's LOGGING says."""


@celeryd_init.connect
@beat_init.connect
def refuse_to_start(**kwargs: object) -> None:
    """Worker and beat start under the same conditions as the web server."""
    checks.stop_on_errors()


app.conf.beat_schedule = {
    "forget what has ended or no longer counts": {
        "task": "system.forget",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "note that a worker is alive": {"task": "system.beat", "schedule": 15.0, "options": {"expires": 60}},
    "copy the audit to its second place": {"task": "audit.copy", "schedule": 15.0, "options": {"expires": 60}},
    "scan files that are due": {"task": "attachments.scan", "schedule": 5.0, "options": {"expires": 30}},
    "clear away files that were removed": {
        "task": "attachments.clear_away",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "read customers' health that is due": {"task": "health.sweep", "schedule": 5.0, "options": {"expires": 30}},
    "finish health checks before escalations": {
        "task": "support.finish_checks",
        "schedule": 5.0,
        "options": {"expires": 30},
    },
    "file with Azure Support what is due, and find out what became of it": {
        "task": "support.file_escalations",
        "schedule": 5.0,
        "options": {"expires": 30},
    },
    "send our notes to service requests of Partner Center, and read what became of them": {
        "task": "support.follow_service_requests",
        "schedule": 5.0,
        "options": {"expires": 30},
    },
    "carry out what we have to say about filed escalations, and read what Microsoft answered": {
        "task": "support.follow_escalations",
        "schedule": 5.0,
        "options": {"expires": 30},
    },
    "read what can be chosen in requests to Azure Support": {
        "task": "support.read_azure_lists",
        "schedule": 5.0,
        "options": {"expires": 30},
    },
    "read customers' message centers that are due": {
        "task": "health.sweep_messages",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "fetch post-incident reviews that are published": {
        "task": "health.sweep_reviews",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "send notices to customers": {"task": "health.send_notices", "schedule": 5.0, "options": {"expires": 30}},
    "find Microsoft's issue behind what we suspected": {
        "task": "health.merge_suspicions",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "reckon the downtime of months that are due": {
        "task": "health.reckon_downtime",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "ask the rules who has to be told": {"task": "health.deal_alerts", "schedule": 5.0, "options": {"expires": 30}},
    "tell who has to be told": {"task": "notices.send", "schedule": 5.0, "options": {"expires": 30}},
    "read the partner's lists of delegated administration that are due": {
        "task": "customers.sweep_gdap",
        "schedule": 5.0,
        "options": {"expires": 30},
    },
    "read who holds the roles of relationships that are due": {
        "task": "customers.sweep_gdap_parts",
        "schedule": 5.0,
        "options": {"expires": 30},
    },
    "read customers' portal links that are due": {
        "task": "customers.sweep_links",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "reckon what we can do at customers that are due": {
        "task": "customers.reckon_capabilities",
        "schedule": 15.0,
        "options": {"expires": 60},
    },
    "carry out what people ordered to be changed at Microsoft": {
        "task": "customers.sweep_orders",
        "schedule": 5.0,
        "options": {"expires": 30},
    },
    "hold relationships against role templates, and propose invitations": {
        "task": "customers.hold_against_templates",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "tell owners of credentials that end": {
        "task": "customers.announce_expiry",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "learn of consents from what was read": {
        "task": "customers.learn_consents",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "warn of delegated access that ends": {
        "task": "customers.announce_access_ends",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "tell linked tickets what is new of their issue": {
        "task": "support.follow_issues",
        "schedule": 15.0,
        "options": {"expires": 60},
    },
    "suspect incidents where several customers ask about one service": {
        "task": "support.suspect_incidents",
        "schedule": 15.0,
        "options": {"expires": 60},
    },
    "wake tickets whose snooze is over": {
        "task": "support.wake_tickets",
        "schedule": 15.0,
        "options": {"expires": 60},
    },
    "change tickets of which many are to be changed": {
        "task": "support.change_many",
        "schedule": 2.0,
        "options": {"expires": 30},
    },
    "take over tickets of another desk": {
        "task": "support.import_tickets",
        "schedule": 2.0,
        "options": {"expires": 30},
    },
    "read mailboxes that are due": {"task": "support.read_mailboxes", "schedule": 10.0, "options": {"expires": 30}},
    "try out mailboxes that are to be tested": {
        "task": "support.try_mailboxes",
        "schedule": 2.0,
        "options": {"expires": 30},
    },
    "look into mails that were kept": {"task": "support.take_in_mail", "schedule": 5.0, "options": {"expires": 30}},
    "send replies to customers": {"task": "support.send_mail", "schedule": 5.0, "options": {"expires": 30}},
    "look at promises to customers that are due": {
        "task": "support.follow_clocks",
        "schedule": 15.0,
        "options": {"expires": 60},
    },
    "export what is kept of customers, and throw old exports away": {
        "task": "support.export_data",
        "schedule": 5.0,
        "options": {"expires": 30},
    },
    "delete customers with everything that is kept of them": {
        "task": "support.delete_data",
        "schedule": 5.0,
        "options": {"expires": 30},
    },
    "reckon what customers keep asking, once a day": {
        "task": "support.reckon_habits",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "import customers of connections that are due": {
        "task": "customers.sweep_imports",
        "schedule": 15.0,
        "options": {"expires": 60},
    },
}
