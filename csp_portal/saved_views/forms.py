"""The form of a saved view."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.saved_views.models import SavedView


class ViewForm(forms.ModelForm[SavedView]):
    opens_first = forms.BooleanField(
        label=gettext_lazy("My page opens with these filters"), required=False, widget=forms.CheckboxInput
    )

    class Meta:
        model = SavedView
        fields = ("name", "is_shared")
        widgets = {"name": forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("is_shared", "opens_first"):
            self.fields[name].widget.attrs["class"] = "form-check-input"

    def clean_name(self) -> str:
        name, view = " ".join(self.cleaned_data["name"].split()), self.instance
        others = SavedView.objects.filter(person=view.person_id, page=view.page, name=name, removed_at__isnull=True)
        if others.exclude(pk=view.pk).exists():
            raise forms.ValidationError(_("You have a view of this name on this page. Choose another name."))
        return name
