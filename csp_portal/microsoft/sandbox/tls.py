"""The sandbox's own certificate authority, made on first start and kept beside its state."""

import ssl
from pathlib import Path

import trustme
from cryptography.x509 import DNSName, IPAddress, SubjectAlternativeName, load_pem_x509_certificate

from csp_portal.microsoft.sandbox.tokens import write_private


def server_context(state_dir: Path, *, host: str) -> ssl.SSLContext:
    """A TLS context for `host`; clients trust it with state_dir/ca.pem."""
    ca_path, server_path = state_dir / "ca.pem", state_dir / "server.pem"
    if not (ca_path.exists() and server_path.exists() and host in _names_in(server_path)):
        _make(ca_path, server_path, names=sorted({host, "127.0.0.1", "localhost"}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_path)
    return context


def _make(ca_path: Path, server_path: Path, *, names: list[str]) -> None:
    authority = trustme.CA(organization_name="CSP portal sandbox")
    certificate = authority.issue_cert(*names)
    write_private(server_path, certificate.private_key_and_cert_chain_pem.bytes())
    ca_path.write_bytes(authority.cert_pem.bytes())


def _names_in(server_path: Path) -> set[str]:
    certificate = load_pem_x509_certificate(server_path.read_bytes())
    names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    return {*names.get_values_for_type(DNSName), *(str(address) for address in names.get_values_for_type(IPAddress))}
