"""Which customers a person sees, as owners choose it."""

from collections.abc import Collection
from typing import Any, cast

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.accounts.models import SEE_EVERYONE, User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.models import CustomerGroup


class ScopeForm(forms.Form):
    sees = forms.ChoiceField(label=gettext_lazy("Sees"), choices=User.Sees.choices, widget=forms.RadioSelect)
    groups = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Groups"),
        required=False,
        queryset=CustomerGroup.objects.order_by("name"),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        chosen = list(person.scope_groups.values_list("pk", flat=True))
        super().__init__(*args, **{"initial": {"sees": person.sees, "groups": chosen}, **kwargs})

    def clean(self) -> dict[str, Any]:
        told = cast(dict[str, Any], super().clean())
        if told.get("groups"):
            return told
        if told.get("sees") == User.Sees.ALL_EXCEPT:
            self.add_error("groups", _("Choose the groups to leave out, or choose all customers."))
        if told.get("sees") == User.Sees.ONLY:
            self.add_error("groups", _("Choose the groups whose customers this person sees, or choose all customers."))
        return told


@transaction.atomic
def keep_scope(person: User, *, sees: str, groups: Collection[CustomerGroup], by: User) -> None:
    """Let the person see these customers from their next request on; nobody changes what they see themselves."""
    if person.pk == by.pk:
        raise forms.ValidationError(_("Nobody changes what they see themselves. Ask another owner."))
    locked = User.objects.select_for_update().get(pk=person.pk)
    if sees != User.Sees.ALL and locked.role in SEE_EVERYONE:
        raise forms.ValidationError(
            _(
                "Owners and auditors see all customers: settings and the audit name each of them. "
                "Give the person another role first."
            )
        )
    before = _facts(locked)
    locked.sees = User.Sees(sees)
    locked.save(update_fields=["sees"])
    locked.scope_groups.set(groups if sees != User.Sees.ALL else ())
    record(Action.PERSON_SCOPE_CHANGED, by=by, about=locked, before=before, after=_facts(locked))


def _facts(person: User) -> dict[str, Any]:
    return {"sees": person.sees, "groups": sorted(person.scope_groups.values_list("name", flat=True))}
