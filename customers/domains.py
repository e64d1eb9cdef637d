"""What a domain name says: Microsoft gives each tenant an initial one, and the portals' addresses need it."""

from dataclasses import dataclass

# Entra docs, domains-manage: the initial domain of each cloud; it can't be changed or removed.
INITIAL_ENDINGS = (".onmicrosoft.com", ".onmicrosoft.us", ".partner.onmschina.cn", ".onmicrosoft.cn")

LONGEST = 253  # RFC 1035; whatever is longer is no domain


@dataclass(frozen=True, kw_only=True, slots=True)
class Domains:
    default: str
    initial: str


def is_initial(domain: str) -> bool:
    """Whether this is a tenant's initial domain; contoso.mail.onmicrosoft.com is another thing."""
    return any(domain.endswith(end) and "." not in domain.removesuffix(end) for end in INITIAL_ENDINGS)


def merged(known: Domains, *, told: str) -> Domains:
    """The domains after a list told one; many lists know just the initial one, which replaces no better default."""
    told = told.strip().lower()
    if not told or len(told) > LONGEST:
        return known
    if not is_initial(told):
        return Domains(default=told, initial=known.initial)
    keeps_default = known.default and not is_initial(known.default)
    return Domains(default=known.default if keeps_default else told, initial=told)
