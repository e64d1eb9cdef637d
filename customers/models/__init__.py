"""Who our customers are, how we reach them, and what we read of them."""

from customers.models.connection import CloudChoice, Connection
from customers.models.contact import Contact, ContactQuerySet
from customers.models.customer import Customer, State, Tier
from customers.models.expiry_notice import ExpiryNotice
from customers.models.favorite import Favorite, Visit
from customers.models.feed import Feed
from customers.models.group import CustomerGroup
from customers.models.heartbeat import Heartbeat
from customers.models.link import PortalLink, ServiceLink
from customers.models.role_group import RoleGroup
from customers.models.stop_switch import StopSwitch, TenantWrite

__all__ = [
    "CloudChoice",
    "Connection",
    "Contact",
    "ContactQuerySet",
    "Customer",
    "CustomerGroup",
    "ExpiryNotice",
    "Favorite",
    "Feed",
    "Heartbeat",
    "PortalLink",
    "RoleGroup",
    "ServiceLink",
    "State",
    "StopSwitch",
    "TenantWrite",
    "Tier",
    "Visit",
]
