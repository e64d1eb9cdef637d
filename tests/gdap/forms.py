"""Forms of a page as a browser would send them: what is there already, and what a person fills in or chooses."""

from html.parser import HTMLParser
from typing import Any


class _Pages(HTMLParser):
    """The fields of one form, by name, and the links of the page by their words."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id, self.inside = form_id, False
        self.fields: dict[str, list[str]] = {}
        self.links: dict[str, str] = {}
        self._select, self._options = "", dict[str, str]()
        self._href, self._words = "", ""

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in pairs}
        if tag == "a":
            self._href, self._words = told.get("href", ""), ""
        elif tag == "form":
            self.inside = told.get("id") == self.form_id
        elif self.inside and tag == "input":
            self._take(told)
        elif self.inside and tag == "select":
            self._select = told["name"]
        elif self.inside and tag == "option" and "selected" in told:
            self.fields[self._select] = [told.get("value", "")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.links[" ".join(self._words.split())] = self._href
        elif tag == "form":
            self.inside = False

    def handle_data(self, data: str) -> None:
        self._words += data

    def _take(self, told: dict[str, str]) -> None:
        if told.get("type") in ("checkbox", "radio") and "checked" not in told:
            return
        if "name" in told and told["name"] != "csrfmiddlewaretoken":
            self.fields.setdefault(told["name"], []).append(told.get("value", "on"))


def fields_of(html: str, *, form_id: str) -> dict[str, Any]:
    pages = _Pages(form_id)
    pages.feed(html)
    return dict(pages.fields)


def link_of(html: str, words: str) -> str:
    """Where the link with these words leads; KeyError where the page has none."""
    pages = _Pages("")
    pages.feed(html)
    return pages.links[words]
