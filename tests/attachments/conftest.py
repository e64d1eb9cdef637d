"""A customer to keep files at, and files of every kind."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from customers.models import Customer

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(60)
GIF = b"GIF89a\x01\x00\x01\x00" + bytes(40)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(60)
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(40)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def archive(*names: str, content: bytes = b"words") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            file.writestr(name, content)
    return held.getvalue()


def docx(*more: str) -> bytes:
    return archive("[Content_Types].xml", "_rels/.rels", "word/document.xml", *more)


@pytest.fixture(autouse=True)
def files_dir(tmp_path: Path, settings: Any) -> Path:
    settings.PORTAL_FILES_DIR = str(tmp_path / "files")
    settings.CLAMD_ADDRESS, settings.PORTAL_SERVE_UNSCANNED = "", True
    return tmp_path / "files"


@pytest.fixture
def contoso(db: None) -> Customer:
    tenant_id = "11111111-1111-4111-8111-111111111111"
    return Customer.objects.create(tenant_id=tenant_id, name="Contoso", cloud="global", source="FILE")


@pytest.fixture
def send(contoso: Customer) -> Callable[..., Any]:
    """Uploads as the browser would, whatever it claims of the file; returns the answer to htmx."""

    def upload(client: Client, name: str, content: bytes, claimed: str = "application/octet-stream") -> Any:
        file = SimpleUploadedFile("x", content, content_type=claimed)
        file._name = name  # type: ignore[attr-defined]  # the client's own name setter would tidy it up
        address = f"/customers/{contoso.tenant_id}/files/new/"
        return client.post(address, {"file": file}, headers={"HX-Request": "true"})

    return upload
