"""Which rows are about a customer, or about one person there: found by walking the foreign keys of every model."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Count, ForeignKey, Model, Q, QuerySet

from csp_portal.accounts.models import User
from csp_portal.attachments.models import Attachment
from csp_portal.audit.models import Entry as AuditEntry
from csp_portal.notices.models import Event
from customers.models import Contact, Customer, Order, Relationship
from health.models import Suspicion
from support.models import CustomerPerson, Entry, EntryFile, ReceivedMail, Ticket

AnyModel = type[Model]
Found = dict[AnyModel, list[Any]]  # keys in order
# Of several customers at once; where it is of one alone, it is about that one. The way from the row to its customers.
OF_ONE_ALONE: dict[AnyModel, str] = {Event: "customers", Suspicion: "customers", Order: "items__customer"}
# What a row only makes use of says nothing of whom it is about: rows of other customers may use the same.
_USED = {("support.Ticket", "suspicion"), ("support.OfferVersion", "policy"), ("support.SlaClock", "policy")}
AT_ONCE = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """Whose data: a customer's, or where an address stands, those of this one person at the customer."""

    customer: Customer
    address: str = ""


def rows_about(subject: Subject) -> Found:
    """The keys of all rows, by model: those that name the subject themselves, and all that hang on such rows."""
    found: Found = {}
    roots = _roots_of_person(subject) if subject.address else _roots_of_customer(subject.customer)
    for model in models_in_order():
        keys = set(roots[model].values_list("pk", flat=True)) if model in roots else set()
        for field in foreign_keys(model):
            keys.update(_hanging_on(model, field, found.get(field.related_model, [])))
        if keys:
            found[model] = sorted(keys)
    return _with_files(found)


def models_in_order() -> list[AnyModel]:
    """Every model that a customer can be reached from by foreign keys; what others point at comes first."""
    ordered: list[AnyModel] = []
    begun: set[AnyModel] = set()

    def visit(model: AnyModel) -> None:
        if model in begun:
            return
        begun.add(model)
        for field in foreign_keys(model):
            visit(field.related_model)
        ordered.append(model)

    for model in sorted(apps.get_models(include_auto_created=True), key=lambda one: one._meta.label):
        visit(model)
    reached: set[AnyModel] = {Customer, Relationship, AuditEntry, ReceivedMail, *OF_ONE_ALONE}
    return [model for model in ordered if _joins(model, reached)]


def foreign_keys(model: AnyModel) -> Iterator["ForeignKey[Any, Any]"]:
    """Those that say what a row is about: not which of our people did it, and not a row of the same kind."""
    for field in model._meta.concrete_fields:
        is_used = (model._meta.label, field.name) in _USED
        if isinstance(field, ForeignKey) and not is_used and field.related_model not in {User, model}:
            yield field


def _joins(model: AnyModel, reached: set[AnyModel]) -> bool:
    if any(field.related_model in reached for field in foreign_keys(model)):
        reached.add(model)
    return model in reached


def _hanging_on(model: AnyModel, field: "ForeignKey[Any, Any]", keys: list[Any]) -> Iterator[Any]:
    for start in range(0, len(keys), AT_ONCE):
        some = {f"{field.name}__in": keys[start : start + AT_ONCE]}
        yield from model._default_manager.filter(**some).values_list("pk", flat=True)


def _with_files(found: Found) -> Found:
    """A file of a ticket knows neither ticket nor customer: the entry points at it."""
    files = set(found.get(Attachment, []))
    for start in range(0, len(found.get(EntryFile, [])), AT_ONCE):
        some = EntryFile.objects.filter(pk__in=found[EntryFile][start : start + AT_ONCE])
        files.update(some.values_list("attachment_id", flat=True))
    return found | {Attachment: sorted(files)} if files else found


def _roots_of_customer(customer: Customer) -> dict[AnyModel, QuerySet[Any]]:
    alone = {model: _of_this_alone(model, way, customer) for model, way in OF_ONE_ALONE.items()}
    return {
        Customer: Customer.objects.filter(pk=customer.pk),
        Relationship: Relationship.objects.filter(customer_tenant_id=customer.tenant_id),
        AuditEntry: AuditEntry.objects.filter(customer=customer.tenant_id),
        ReceivedMail: ReceivedMail.objects.filter(ticket=None, sender__in=addresses_of(customer)),
        **alone,
    }


def _roots_of_person(subject: Subject) -> dict[AnyModel, QuerySet[Any]]:
    customer, address = subject.customer, subject.address
    contacts = Contact.objects.filter(customer=customer, address__iexact=address)
    about = [str(key) for key in contacts.values_list("pk", flat=True)]
    of_customer = Q(ticket__customer=customer)
    if address.lower() in {one.lower() for one in addresses_of(customer)}:
        of_customer |= Q(ticket=None)
    return {
        Contact: contacts,
        CustomerPerson: CustomerPerson.objects.filter(customer=customer, address__iexact=address),
        Ticket: Ticket.objects.filter(customer=customer, requester_address__iexact=address),
        Entry: Entry.objects.filter(ticket__customer=customer, sender_address__iexact=address),
        ReceivedMail: ReceivedMail.objects.filter(of_customer, sender__iexact=address),
        AuditEntry: AuditEntry.objects.filter(
            customer=customer.tenant_id, about_kind=Contact._meta.label_lower, about_id__in=about
        ),
    }


def addresses_of(customer: Customer) -> set[str]:
    """Whose mails without a ticket are this customer's: addresses that no other customer knows as well."""
    ways = ((Contact, "address"), (CustomerPerson, "address"), (Ticket, "requester_address"))
    own: set[str] = set()
    for model, field in ways:
        own.update(model._default_manager.filter(customer=customer).values_list(field, flat=True))
    for model, field in ways:
        others = model._default_manager.filter(**{f"{field}__in": own}).exclude(customer=customer)
        own.difference_update(others.values_list(field, flat=True))
    return own - {""}


def _of_this_alone(model: AnyModel, way: str, customer: Customer) -> QuerySet[Any]:
    of_this = model._default_manager.filter(**{way: customer}).values("pk")
    rows: QuerySet[Any] = model._default_manager.filter(pk__in=of_this)
    alone: QuerySet[Any] = rows.annotate(customers_in_all=Count(way, distinct=True)).filter(customers_in_all=1)
    return alone
