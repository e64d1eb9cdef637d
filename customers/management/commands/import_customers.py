"""Imports customers now: from a CSV file, or without one from Microsoft."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from customers.csv_file import read_customer_file
from customers.file_import import FileRefused, store_file
from customers.models import CloudChoice, Connection
from customers.rounds import run_import


class Command(BaseCommand):
    help = "Import customers from FILE.csv (name, tenant id, domain, cloud), or without a file from Microsoft, now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", metavar="FILE.csv", help="all of its lines are stored, or none")
        parser.add_argument("--connection", metavar="NAME", help="the connection that reads these customers")

    def handle(self, *args: Any, **options: Any) -> None:
        connection = _connection(options["connection"]) if options["connection"] else None
        if options["file"]:
            self._from_file(Path(options["file"]), connection=connection)
        else:
            self._from_microsoft([connection] if connection else list(Connection.objects.order_by("name")))

    def _from_file(self, path: Path, *, connection: Connection | None) -> None:
        default = CloudChoice(connection.cloud) if connection else CloudChoice.GLOBAL
        content = read_customer_file(_text_of(path), default_cloud=default)
        if content.problems:
            raise CommandError(_refusal(content.problems))
        try:
            result = store_file(content.customers, connection=connection, now=timezone.now())
        except FileRefused as error:
            raise CommandError(_refusal(error.problems)) from error
        self.stdout.write(f"{path.name}: {result.added} added, {result.changed} changed, {result.unchanged} unchanged.")
        if connection is None and result.added:
            self.stdout.write(
                "New customers without a connection are not read. Give one with --connection NAME: run this command "
                "again with it."
            )

    def _from_microsoft(self, connections: list[Connection]) -> None:
        if not connections:
            raise CommandError("There is no connection. Make one with: manage.py add_connection --help")
        failed = False
        for connection in connections:
            result = run_import(connection, now=timezone.now())
            if result is None:
                failed = True
                self.stderr.write(f"{connection.name}: not imported. {connection.customers_problem_detail}")
                continue
            if result.is_overtaken:
                self.stdout.write(f"{connection.name}: another import began later and is stored; this one did nothing.")
                continue
            self.stdout.write(
                f"{connection.name}: {result.listed} listed by {result.source.label}; {result.added} added, "
                f"{result.changed} changed, {result.came_back} came back, {result.gone} gone, "
                f"{result.elsewhere} read by another connection."
            )
        if failed:
            raise CommandError("Not every connection could be imported; the lines above say why.")


def _connection(name: str) -> Connection:
    connection = Connection.objects.filter(name=name).first()
    if connection is None:
        names = ", ".join(Connection.objects.order_by("name").values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no connection named {name!r}. There are: {names}.")
    return connection


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}. Check the path and the rights.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8 text. In Excel save it as “CSV UTF-8 (comma delimited)”.") from error


def _refusal(problems: tuple[str, ...]) -> str:
    return "\n".join([*problems, "Nothing was imported. Correct what stands above and run it again."])
