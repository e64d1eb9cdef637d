"""What our own code may never do: found in its syntax tree, wherever somebody writes it."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("csp_portal", "customers", "health", "support")
# Who may make markup from a text, and why it is safe there.
MARKUP = {
    "health/sanitize.py": "what nh3 cleaned",
    "csp_portal/templatetags/portal.py": "constants",
    "health/templatetags/health_words.py": "parts that were escaped one by one",
    "customers/templatetags/matrix_words.py": "parts that were escaped one by one",
    "csp_portal/quick_select.py": "parts that were escaped one by one",
    "support/templatetags/escalation_words.py": "nothing at all",
    "support/templatetags/ticket_rows.py": "parts that were escaped one by one",
}
ORM = {"filter", "exclude", "get", "create", "update", "get_or_create", "update_or_create", "annotate", "order_by"}
BROUGHT = re.compile(r"request\.(GET|POST|data|query_params|COOKIES|headers|META|body)|cleaned_data|validated_data")

Found = Iterator[ast.AST]


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(node: ast.AST) -> str:
    """`a.b.c` as it is written, without the objects that are made on the way."""
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


def request_data_expanded_into_the_orm(tree: ast.AST) -> Found:
    """CVE-2025-64459: a dict of a request's may hold `_connector`, `_negated` or a lookup of its own choice."""
    for call in _calls(tree):
        is_orm = _name(call.func).rpartition(".")[2] in {*ORM, "Q"}
        expanded = [word.value for word in call.keywords if word.arg is None]
        if is_orm and any(BROUGHT.search(ast.unparse(value)) for value in expanded):
            yield call


def redirects_to_what_a_request_brings(tree: ast.AST) -> Found:
    """csp_portal.accounts.redirects looks at such an address first."""
    for call in _calls(tree):
        names = {"redirect", "HttpResponseRedirect", "HttpResponsePermanentRedirect", "HttpResponseClientRedirect"}
        if _name(call.func).rpartition(".")[2] in names:
            for part in call.args[:1]:
                if BROUGHT.search(ast.unparse(part)):
                    yield call


def views_without_csrf(tree: ast.AST) -> Found:
    return (node for node in ast.walk(tree) if "csrf_exempt" in (_name(node), *_imported(node)))


def unsafe_reading(tree: ast.AST) -> Found:
    """Formats that run what they read."""
    modules = {"pickle", "cPickle", "marshal", "shelve", "dill", "yaml", "xml.etree.ElementTree", "lxml", "xmlrpc"}
    for node in ast.walk(tree):
        if set(_imported(node)) & modules:
            yield node


def code_made_from_texts(tree: ast.AST) -> Found:
    return (call for call in _calls(tree) if _name(call.func) in {"eval", "exec", "compile", "__import__"})


def tls_without_looking(tree: ast.AST) -> Found:
    """verify=False, and the ways around it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "verify" and ast.unparse(node.value) == "False":
            yield node
        if _name(node).endswith(("_create_unverified_context", "CERT_NONE", "disable_warnings")):
            yield node


def statements_put_together(tree: ast.AST) -> Found:
    """A value in the text of a statement; these two take nothing but tables, which can't be parameters."""
    for call in _calls(tree):
        if _name(call.func).rpartition(".")[2] in {"execute", "raw", "extra", "RawSQL"} and call.args:
            text = call.args[0]
            is_call = isinstance(text, ast.Call) and _name(text.func).endswith("format")
            is_made = is_call or isinstance(text, ast.JoinedStr | ast.BinOp)
            if is_made and not ast.unparse(text)[2:].startswith(("TRUNCATE", "VACUUM")):
                yield call


def shells(tree: ast.AST) -> Found:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "shell" and ast.unparse(node.value) == "True":
            yield node
        if isinstance(node, ast.Call) and _name(node.func) in {"os.system", "os.popen", "subprocess.getoutput"}:
            yield node


def all_fields_of_a_model(tree: ast.AST) -> Found:
    """Mass assignment: a form or serializer names its fields."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and {"fields", "exclude"} & {_name(target) for target in node.targets}:
            is_all = ast.unparse(node.value) == "'__all__'"
            yield from [node] if is_all else []


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "", *(name.name for name in node.names)]
    return []


# Each rule with a line that it must find, so that a rule that finds nothing fails.
RULES: dict[Callable[[ast.AST], Found], str] = {
    request_data_expanded_into_the_orm: "Customer.objects.filter(**request.GET.dict())",
    redirects_to_what_a_request_brings: "redirect(request.GET['next'])",
    views_without_csrf: "from django.views.decorators.csrf import csrf_exempt",
    unsafe_reading: "import pickle",
    code_made_from_texts: "eval(text)",
    tls_without_looking: "requests.get(url, verify=False)",
    statements_put_together: "cursor.execute(f'SELECT {name}')",
    shells: "subprocess.run(text, shell=True)",
    all_fields_of_a_model: "fields = '__all__'",
}


# Files to which a rule does not apply, with the reason.
EXPLAINED = {
    ("customers/opt_out.py", views_without_csrf),  # mail programs send RFC 8058's one click without a cookie
}


def _sources() -> Iterator[tuple[str, ast.AST]]:
    for app in PRODUCT:
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_our_code_has_none_of(rule: Callable[[ast.AST], Found]) -> None:
    assert list(rule(ast.parse(RULES[rule]))), "the rule does not find what it is for"
    found = [
        f"{name}:{getattr(node, 'lineno', '?')}"
        for name, tree in _sources()
        for node in rule(tree)
        if (name, rule) not in EXPLAINED
    ]

    assert found == []


def test_markup_is_made_from_texts_only_where_it_is_explained() -> None:
    makers = {
        name
        for name, tree in _sources()
        for call in _calls(tree)
        if _name(call.func).rpartition(".")[2] in {"mark_safe", "SafeString", "SafeText"}
    }

    assert makers <= set(MARKUP), "escape with format_html, or say above why it is safe"


def test_no_template_switches_escaping_off() -> None:
    off = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (ROOT / "templates").rglob("*")
        if path.is_file()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(r"\|\s*safe\b|\|\s*safeseq|autoescape off", line) and path.suffix == ".html"
    ]

    assert off == []


def test_our_scripts_make_no_markup_and_no_code_from_texts() -> None:
    made = [
        f"{path.name}:{number}"
        for path in (ROOT / "frontend/src").glob("*.js")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(r"innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc", line)
    ]

    assert made == []
