"""Requests for help and everything that is said and done about them."""

from support.models.at_microsoft import EscalationAct, EscalationMessage, EscalationWatch
from support.models.azure_list import AzureList
from support.models.baseline import Area, Baseline, BaselineTick
from support.models.batch import BatchReply
from support.models.bell import Bell, QuietPerson
from support.models.bounce import EscalationBounce
from support.models.bulk import BulkChange, BulkRow
from support.models.canned import CannedReply
from support.models.customer_side import CustomerPerson, Rating, SignInLink
from support.models.entitlement import EntitlementChoice, PartnerStanding, PartnerType, SupportPlan
from support.models.entry import Entry, EntryFile, EntryQuerySet, OutgoingMail
from support.models.erasing import DataDeletion, DataExport
from support.models.escalation import Escalation, HealthCheck, Purchase
from support.models.insight import Habit, Help, InsightRound
from support.models.macro import Macro
from support.models.mailbox import Mailbox, MailPlace
from support.models.moving import ImportedRow, TicketImport
from support.models.offer import OFFERED_FAMILIES, OfferTold, OfferVersion, OfferVersionQuerySet, SupportOffer
from support.models.presence import Presence
from support.models.queue import Queue
from support.models.received import ReceivedMail
from support.models.relation import ReopenRule, TicketLink
from support.models.runbook import Runbook, RunbookRating, RunbookVersion, RunbookWish
from support.models.search import TicketWords
from support.models.service_request import RequestFeed, ServiceRequest, ServiceRequestNote
from support.models.sla import MicrosoftTarget, SlaClock, SlaPolicy, SlaTarget
from support.models.suspecting import SuspicionRule
from support.models.ticket import NEVER, Ticket, TicketChange, TicketQuerySet, TurnSpan
from support.models.words import ENDED, TURN_OF, Channel, Family, Kind, Severity, Status, Turn
from support.models.work import ChecklistItem, Draft, Follower, TimeSpent

__all__ = [
    "ENDED",
    "NEVER",
    "OFFERED_FAMILIES",
    "TURN_OF",
    "Area",
    "AzureList",
    "Baseline",
    "BaselineTick",
    "BatchReply",
    "Bell",
    "BulkChange",
    "BulkRow",
    "CannedReply",
    "Channel",
    "ChecklistItem",
    "CustomerPerson",
    "DataDeletion",
    "DataExport",
    "Draft",
    "EntitlementChoice",
    "Entry",
    "EntryFile",
    "EntryQuerySet",
    "Escalation",
    "EscalationAct",
    "EscalationBounce",
    "EscalationMessage",
    "EscalationWatch",
    "Family",
    "Follower",
    "Habit",
    "HealthCheck",
    "Help",
    "ImportedRow",
    "InsightRound",
    "Kind",
    "Macro",
    "MailPlace",
    "Mailbox",
    "MicrosoftTarget",
    "OfferTold",
    "OfferVersion",
    "OfferVersionQuerySet",
    "OutgoingMail",
    "PartnerStanding",
    "PartnerType",
    "Presence",
    "Purchase",
    "Queue",
    "QuietPerson",
    "Rating",
    "ReceivedMail",
    "ReopenRule",
    "RequestFeed",
    "Runbook",
    "RunbookRating",
    "RunbookVersion",
    "RunbookWish",
    "ServiceRequest",
    "ServiceRequestNote",
    "Severity",
    "SignInLink",
    "SlaClock",
    "SlaPolicy",
    "SlaTarget",
    "Status",
    "SupportOffer",
    "SupportPlan",
    "SuspicionRule",
    "Ticket",
    "TicketChange",
    "TicketImport",
    "TicketLink",
    "TicketQuerySet",
    "TicketWords",
    "TimeSpent",
    "Turn",
    "TurnSpan",
]
