"""What the reckoning of the capability matrix looks at, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from customers.models import GLOBAL_ADMINISTRATOR, AccessAssignment, Relationship

_GLOBAL = UUID(GLOBAL_ADMINISTRATOR)
# A relationship that is about to end gives access until its end.
_USABLE = frozenset({Relationship.Status.ACTIVE.value, Relationship.Status.EXPIRING.value})
_COMING = frozenset(
    {
        Relationship.Status.CREATED.value,
        Relationship.Status.APPROVAL_PENDING.value,
        Relationship.Status.APPROVED.value,
        Relationship.Status.ACTIVATING.value,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """A security group of ours; `members` is None where they were not read."""

    group_id: UUID
    pk: int | None = None
    name: str = ""
    is_gone: bool = False
    members: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """An access assignment: which roles a group holds."""

    pk: int
    status: str
    group: Group
    role_ids: frozenset[UUID]

    @property
    def is_living(self) -> bool:
        return self.status not in (AccessAssignment.Status.DELETING, AccessAssignment.Status.DELETED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """A relationship; `assignments` is None where they were not read."""

    pk: int
    name: str
    status: str
    role_ids: frozenset[UUID]
    ends_at: datetime | None = None
    auto_extends: bool = False
    assignments: tuple[Held, ...] | None = ()

    def is_usable(self, now: datetime) -> bool:
        return self.status in _USABLE and (self.ends_at is None or self.ends_at > now)

    @property
    def is_coming(self) -> bool:
        return self.status in _COMING

    @property
    def has_global_administrator(self) -> bool:
        return _GLOBAL in self.role_ids

    @property
    def extends_itself(self) -> bool:
        """Microsoft extends none that has Global Administrator, whatever was set."""
        return self.auto_extends and not self.has_global_administrator


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """One of us: `group_ids` are the security groups they are in, by connection; none for where we don't know them."""

    group_ids: Mapping[UUID, frozenset[UUID]]

    def groups_through(self, connection: UUID | None) -> frozenset[UUID] | None:
        return self.group_ids.get(connection) if connection else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """All that is known of one customer; `is_read` says whether the list of relationships was, not too long ago.

    `has_consent` is None where no reading has shown it yet.
    """

    customer: int
    connection: UUID | None
    has_feature: bool = True
    is_read: bool = True
    grants: tuple[Grant, ...] = ()
    contract_ends_on: date | None = None
    signs_in_as_itself: bool = True
    has_consent: bool | None = None
