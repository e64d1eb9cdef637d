"""Drop-downs and lines of text drawn in one step: Django draws each by a template, and a form has many."""

from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString


def options_of(choices: Iterable[tuple[Any, Any]], *, chosen: Collection[str] = (), before: str = "") -> SafeString:
    """The options, with `before` in front of each value; groups of options are not needed and not drawn."""
    drawn = []
    for value, word in choices:
        plain = "" if value is None else str(value)
        selected = " selected" if plain in chosen else ""
        drawn.append(f'<option value="{escape(before + plain)}"{selected}>{escape(word)}</option>')
    return SafeString("".join(drawn))


class QuickSelect(forms.Select):
    """Django draws each option by two templates, so that a form with a hundred of them spends half its time there."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any | None = None
    ) -> SafeString:
        options = options_of(self.choices, chosen=self.format_value(value))
        return format_html(
            '<select name="{}"{}>{}</select>', name, flatatt(self.build_attrs(self.attrs, attrs)), options
        )


class QuickText(forms.TextInput):
    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any | None = None
    ) -> SafeString:
        plain = self.format_value(value)
        said = format_html(' value="{}"', plain) if plain is not None else ""
        return format_html(
            '<input type="text" name="{}"{}{}>', name, said, flatatt(self.build_attrs(self.attrs, attrs))
        )


class QuickArea(forms.Textarea):
    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any | None = None
    ) -> SafeString:
        plain = self.format_value(value) or ""
        drawn = flatatt(self.build_attrs(self.attrs, attrs))
        return format_html('<textarea name="{}"{}>\n{}</textarea>', name, drawn, plain)
