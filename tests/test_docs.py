"""What the README and the production files tell people to type does exist."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands, load_command_class
from django.urls import resolve

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def _parse(words: list[str]) -> None:
    command = load_command_class(get_commands()[words[0]], words[0])
    command.create_parser("manage.py", words[0]).parse_args(words[1:])


def _compose_commands() -> list[list[str]]:
    said = [service.get("command") or [] for service in COMPOSE["services"].values()]
    said += [service.get("healthcheck", {}).get("test") or [] for service in COMPOSE["services"].values()]
    return [words[words.index("manage.py") + 1 :] for words in said if "manage.py" in words]


@pytest.mark.parametrize("words", _compose_commands(), ids=" ".join)
def test_every_command_of_the_containers_exists(words):
    _parse(words)


@pytest.mark.parametrize("line", sorted(set(re.findall(r"manage\.py (\w+ --[^`\n]*)", README))))
def test_every_command_line_of_the_readme_is_understood(line):
    words = shlex.split(line.replace("FILE", "/dev/null"))

    _parse(words)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"https://YOUR-PORTAL(/[^`\s]+)", README))))
def test_every_address_to_register_with_microsoft_is_a_page(path):
    assert resolve(path)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_every_file_that_the_readme_shows_is_there(path):
    assert (ROOT / path).exists()


def test_the_containers_may_not_write_to_their_image():
    for name in ("web", "worker", "beat", "migrate", "nginx", "postgres", "redis"):
        assert COMPOSE["services"][name]["read_only"] is True, name
