"""The budgets of the house: how large a file, a function and a template may grow."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("csp_portal", "customers", "health", "support")
FILE_LINES, FUNCTION_LINES, TEMPLATE_LINES = 300, 40, 120
BANNED_MODULES = {"utils", "helpers", "common", "manager", "managers", "service", "services"}


def _sources() -> list[Path]:
    return [
        path
        for app in PRODUCT
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and path.stat().st_size
    ]


def test_no_file_is_longer_than_a_person_keeps_in_mind():
    long = {str(path): count for path in _sources() if (count := len(path.read_text().splitlines())) > FILE_LINES}

    assert long == {}


def test_no_function_is_longer_than_a_screen():
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path in _sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES
    ]

    assert long == []


def test_no_template_is_longer_than_two_screens():
    long = [
        str(path)
        for path in (ROOT / "templates").rglob("*.html")
        if len(path.read_text().splitlines()) > TEMPLATE_LINES
    ]

    assert long == []


def test_every_module_says_what_it_is_for():
    silent = [str(path) for path in _sources() if ast.get_docstring(ast.parse(path.read_text())) is None]

    assert silent == []


def test_imports_stand_at_the_top_of_their_file():
    hidden = [
        f"{path}:{inner.lineno}"
        for path in _sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        for inner in ast.walk(node)
        if isinstance(inner, (ast.Import, ast.ImportFrom))
    ]

    assert hidden == []


def test_no_module_has_a_name_that_says_nothing():
    vague = [
        str(path)
        for path in _sources()
        if path.stem in BANNED_MODULES
        and "sandbox" not in path.parts  # the sandbox's services are Microsoft's services
    ]

    assert vague == []


def test_templates_carry_no_inline_style_and_no_inline_handler():
    bad = [
        f"{path}:{number}"
        for path in (ROOT / "templates").rglob("*.html")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if " style=" in line or " onclick=" in line or " onchange=" in line
    ]

    assert bad == []


@pytest.mark.parametrize("name", ["Makefile", "README.md", "ARCHITECTURE.md", "CHANGELOG.md", ".env.example"])
def test_the_files_a_newcomer_looks_for_are_there(name):
    assert (ROOT / name).stat().st_size > 200


def test_every_setting_that_is_read_is_explained():
    read = {
        str(node.args[0].value)
        for path in (ROOT / "csp_portal" / "settings.py",)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"text", "boolean", "integer", "secret", "url"}
        and isinstance(node.args[0], ast.Constant)
    }
    explained = (ROOT / ".env.example").read_text()

    assert [name for name in sorted(read) if f"\n{name}=" not in explained and f"\n#{name}=" not in explained] == []
