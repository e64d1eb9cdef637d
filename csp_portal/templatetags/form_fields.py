"""A field of a form with its label, its help and its errors, drawn in one step: a page has dozens of them."""

from django import template
from django.forms.boundfield import BoundField
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from csp_portal.templatetags.portal import icon

register = template.Library()
_CHECK = '<label class="form-check">{}<span class="form-check-label">{}</span></label>'
_LABELED = '<label class="form-label" for="{}">{}</label>{}'
_HELP = '<div class="form-hint text-secondary" id="{}_helptext">{}</div>'
_ERROR = '<div class="text-danger" id="{}_error">{} {}</div>'


@register.simple_tag
def form_field(field: BoundField, kept: str = "") -> SafeString:
    """`kept` are words shown where a stored secret stays if nothing is entered."""
    if field.widget_type == "checkbox":
        parts = [format_html(_CHECK, str(field), field.label)]
    else:
        parts = [format_html(_LABELED, field.id_for_label, field.label, str(field))]
    if kept:
        parts.append(format_html('<div class="form-hint text-secondary">{} {}</div>', icon("lock"), kept))
    if field.help_text:
        parts.append(format_html(_HELP, field.auto_id, field.help_text))
    parts.append(format_html_join("", _ERROR, ((field.auto_id, icon("alert-circle"), str(e)) for e in field.errors)))
    return format_html('<div class="mb-3">{}</div>', format_html_join("", "{}", ((part,) for part in parts)))
