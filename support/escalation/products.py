"""Which of Microsoft's services belong to a product family."""

from support.models import Family

# By a part of Microsoft's own name; every service that is in none of these is Microsoft 365's.
_PARTS = {
    Family.DYNAMICS_365: (
        "dynamics",
        "power apps",
        "power automate",
        "power platform",
        "business central",
        "dataverse",
    ),
    Family.AZURE: ("azure", "microsoft entra", "active directory", "identity service"),
}
# Signing in is a part of both: trouble with Entra is trouble with Microsoft 365 too.
_SHARED = ("microsoft entra", "active directory", "identity service")


def is_of_product(name: str, *, family: str, service_name: str = "") -> bool:
    """Whether a service is the one that is meant, or with none named one of the family.

    For Partner Center and what is neither, every service is looked at: nobody can say which it hangs on.
    """
    if service_name:
        return name.casefold() == service_name.casefold()
    folded = name.casefold()
    if family in _PARTS:
        return any(part in folded for part in _PARTS[Family(family)])
    if family == Family.MICROSOFT_365:
        others = [part for parts in _PARTS.values() for part in parts if part not in _SHARED]
        return not any(part in folded for part in others)
    return True
