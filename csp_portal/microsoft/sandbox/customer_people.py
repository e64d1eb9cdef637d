"""People of the sandbox's customers, who sign in with their own organization's account."""

from csp_portal.microsoft.sandbox.tenants import Person, guid, seeded
from csp_portal.microsoft.sandbox.world import World

ANY_TENANT = ("common", "organizations")
MOST = 8  # customers, from the first
_NAMES = ("Kim Larsen", "吳怡君 Yi-Chun Wu", "Noor Haddad", "Pia Lindqvist", "黃建宏 Chien-Hung Huang", "Tomás Silva")


def people_of_customers(world: World) -> list[Person]:
    """One at each of the first customers, the same in every process."""
    return [
        Person(
            object_id=guid(seeded("customer's person", tenant.tenant_id)),
            name=_NAMES[number % len(_NAMES)],
            email=f"person{number + 1}@{tenant.domain}",
            tenant_id=tenant.tenant_id,
            roles=(),
            job=f"Works at {tenant.name}",
        )
        for number, tenant in enumerate(world.tenants[:MOST])
    ]


def people_at(world: World, tenant: str) -> list[Person]:
    """Who can sign in at this authority: the partner's people, or those of every organization."""
    others = people_of_customers(world) if tenant in ANY_TENANT else []
    return [*world.partner.people, *others]


def find_person(world: World, object_id: str) -> Person | None:
    return next((person for person in people_at(world, ANY_TENANT[0]) if person.object_id == object_id), None)
