"""Who our customers are, how we reach them, and what we read of them."""

from customers.models.access_end import AccessEndMark
from customers.models.admin_role import GLOBAL_ADMINISTRATOR, AdminRole, RoleTemplate, TemplateRole
from customers.models.change_notice import ChangeNotice
from customers.models.connection import CloudChoice, Connection
from customers.models.consent import Consent
from customers.models.contact import Contact, ContactQuerySet
from customers.models.customer import Customer, State, Tier
from customers.models.expiry_notice import ExpiryNotice
from customers.models.favorite import Favorite, Visit
from customers.models.feed import Feed
from customers.models.first_steps import FirstStepsDismissal
from customers.models.gdap_feed import GdapFeed
from customers.models.group import CustomerGroup
from customers.models.heartbeat import Heartbeat
from customers.models.invitation import InvitationSending
from customers.models.link import PortalLink, ServiceLink
from customers.models.order import Order, OrderCall, OrderItem
from customers.models.reckoning import Drift, OnboardingRule, Proposal, Reckoning
from customers.models.relationship import (
    AccessAssignment,
    Relationship,
    RelationshipChange,
    RelationshipOperation,
    RelationshipRequest,
)
from customers.models.role_group import RoleGroup
from customers.models.security_group import GroupMember, SecurityGroup
from customers.models.stop_switch import StopSwitch, TenantWrite

__all__ = [
    "GLOBAL_ADMINISTRATOR",
    "AccessAssignment",
    "AccessEndMark",
    "AdminRole",
    "ChangeNotice",
    "CloudChoice",
    "Connection",
    "Consent",
    "Contact",
    "ContactQuerySet",
    "Customer",
    "CustomerGroup",
    "Drift",
    "ExpiryNotice",
    "Favorite",
    "Feed",
    "FirstStepsDismissal",
    "GdapFeed",
    "GroupMember",
    "Heartbeat",
    "InvitationSending",
    "OnboardingRule",
    "Order",
    "OrderCall",
    "OrderItem",
    "PortalLink",
    "Proposal",
    "Reckoning",
    "Relationship",
    "RelationshipChange",
    "RelationshipOperation",
    "RelationshipRequest",
    "RoleGroup",
    "RoleTemplate",
    "SecurityGroup",
    "ServiceLink",
    "State",
    "StopSwitch",
    "TemplateRole",
    "TenantWrite",
    "Tier",
    "Visit",
]
