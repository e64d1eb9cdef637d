"""Adds a connection to a Microsoft cloud, with its secret sealed, without asking anything."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from customers.federated import FederatedTokenError, read_token, token_path
from customers.key_pairs import BadPair, check_pair
from customers.models import Connection

AUTH_MODELS = {"app-only": Connection.AuthModel.APP_ONLY, "secure-app-model": Connection.AuthModel.SECURE_APP_MODEL}


class Command(BaseCommand):
    help = "Add a connection: our app registration in one Microsoft cloud. A connection that exists is never changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="how people here call it")
        parser.add_argument("--cloud", required=True, help="global, usgov, usgov-dod, china or custom")
        parser.add_argument("--tenant", required=True, help="tenant ID of the partner, our own company")
        parser.add_argument("--client-id", required=True, help="application (client) ID of the app registration")
        parser.add_argument("--secret-file", type=Path, help="file with the client secret and nothing else")
        parser.add_argument("--certificate-file", type=Path, help="PEM file with the public certificate")
        parser.add_argument("--key-file", type=Path, help="PEM file with the certificate's private key, not encrypted")
        parser.add_argument(
            "--federated-token-file",
            default="",
            help="name of a file in PORTAL_FEDERATED_TOKEN_DIR with a token that its issuer keeps fresh",
        )
        parser.add_argument("--auth-model", choices=sorted(AUTH_MODELS), default="app-only")
        parser.add_argument("--signs-in-staff", action="store_true", help="people of this tenant may sign in here")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"].strip()
        if not name or len(name) > 100:
            raise CommandError("--name must have 1 to 100 characters.")
        if Connection.objects.filter(name=name).exists():
            raise CommandError(
                f"There is a connection named {name!r} already; nothing was changed. Choose another name, or change "
                "that connection on the settings page."
            )
        connection = Connection(
            name=name,
            cloud=_cloud(options["cloud"]),
            partner_tenant_id=_guid(options["tenant"], option="--tenant"),
            client_id=_guid(options["client_id"], option="--client-id"),
            auth_model=AUTH_MODELS[options["auth_model"]],
            signs_in_staff=options["signs_in_staff"],
        )
        _seal_secrets(connection, options=options)
        connection.save(force_insert=True)
        self.stdout.write(f"The connection {name!r} was added. The worker imports its customers within a minute.")
        if connection.auth_model == Connection.AuthModel.SECURE_APP_MODEL:
            self.stdout.write("An admin agent must consent on the settings page before anything can be read.")


def _cloud(cloud: str) -> str:
    if cloud not in settings.MICROSOFT_CLOUDS:
        known = ", ".join(settings.MICROSOFT_CLOUDS)
        hint = " For the cloud custom set the MICROSOFT_*_URL settings first." if cloud == "custom" else ""
        raise CommandError(f"--cloud is {cloud!r}; write one of: {known}.{hint}")
    return cloud


def _guid(text: str, *, option: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise CommandError(
            f"{option} is {text!r}; write the ID as the Entra admin center shows it: 32 hexadecimal digits with dashes."
        ) from error


def _seal_secrets(connection: Connection, *, options: dict[str, Any]) -> None:
    """Put one credential on the row: a token file's name, a certificate with its key, or a secret."""
    names = ("federated_token_file", "certificate_file", "key_file", "secret_file")
    token_file, certificate_file, key_file, secret_file = (options[name] for name in names)
    is_one = sum(map(bool, (token_file, certificate_file, secret_file))) == 1
    if not is_one or bool(certificate_file) != bool(key_file):
        raise CommandError(
            "Give one of these: --federated-token-file, --certificate-file together with --key-file, or --secret-file "
            "(the weaker choice: whoever reads a secret once can use it anywhere)."
        )
    if token_file:
        _check_token_file(token_file)
        connection.federated_token_file = token_file
    elif secret_file:
        connection.seal_secret("client_secret", _content(secret_file, option="--secret-file"))
    else:
        connection.certificate = _content(certificate_file, option="--certificate-file")
        key = _content(key_file, option="--key-file")
        _check_pair(connection.certificate, key=key)
        connection.seal_secret("private_key", key)


def _check_token_file(name: str) -> None:
    try:
        read_token(token_path(name))
    except FederatedTokenError as error:
        raise CommandError(f"--federated-token-file: {error}") from error


def _content(path: Path, *, option: str) -> str:
    try:
        content = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(
            f"{option}: {path} can't be read as text ({error}). Check the path and the rights."
        ) from error
    if not content:
        raise CommandError(f"{option}: {path} is empty.")
    return content


def _check_pair(certificate: str, *, key: str) -> None:
    try:
        check_pair(certificate=certificate, key=key)
    except BadPair as error:
        option = "--certificate-file" if error.about == "certificate" else "--key-file"
        raise CommandError(f"{option}: {error}") from error
