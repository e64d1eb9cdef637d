"""Forms of allauth's where it compares a password or a code: here each try is counted before."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm


class CountedChangePasswordForm(ChangePasswordForm):  # type: ignore[misc]  # allauth ships no types
    def clean_oldpassword(self) -> Any:
        if not get_adapter().reauthenticate(self.user, self.cleaned_data.get("oldpassword", "")):
            raise get_adapter().validation_error("enter_current_password")
        return self.cleaned_data["oldpassword"]
