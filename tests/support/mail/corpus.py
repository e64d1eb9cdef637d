"""Hard mails, each with what it is: bytes as they come over the wire, and what has to become of them."""

import base64
import quopri
from dataclasses import dataclass

HEAD = b"From: Kim Lee <kim@contoso.example>\r\nTo: support@partner.example\r\n"


@dataclass(frozen=True)
class Hard:
    """`says` is in the text of the ticket; `state` is what becomes of the mail; `files` are names that are kept."""

    what: str
    raw: bytes
    says: str = ""
    state: str = "TAKEN"
    subject: str | None = None
    files: tuple[str, ...] = ()


def plain(what: str, words: str, charset: str) -> Hard:
    encoded = base64.encodebytes(words.encode(charset))
    kind = f'Content-Type: text/plain; charset="{charset}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return Hard(what, HEAD + f"Subject: {what}\r\nMIME-Version: 1.0\r\n{kind}".encode() + encoded, says=words)


def mixed(*parts: bytes, kind: str = "mixed", boundary: str = "b1", more: str = "") -> bytes:
    head = f'MIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary="{boundary}"{more}\r\n\r\n'.encode()
    mark = b"--" + boundary.encode()
    return head + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def part(kind: str, content: bytes, *, name: str = "", more: str = "") -> bytes:
    where = f'Content-Disposition: attachment; filename="{name}"\r\n' if name else ""
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n{where}{more}\r\n"
    return head.encode() + base64.encodebytes(content)


TEXT = part("text/plain; charset=utf-8", b"Outlook is broken")
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

CHARSETS = [
    plain("utf-8 with Chinese and an emoji", "信箱打不開 \U0001f600", "utf-8"),
    plain("big5", "信箱打不開", "big5"),
    plain("big5hkscs", "信箱打不開", "big5hkscs"),
    plain("gb18030", "邮箱打不开", "gb18030"),
    plain("gbk", "邮箱打不开", "gbk"),
    plain("gb2312", "邮箱打不开", "gb2312"),
    plain("shift_jis", "メールが届きません", "shift_jis"),
    plain("iso-2022-jp", "メールが届きません", "iso-2022-jp"),
    plain("euc-jp", "メールが届きません", "euc-jp"),
    plain("euc-kr", "메일이 오지 않습니다", "euc-kr"),
    plain("koi8-r", "почта не работает", "koi8-r"),
    plain("windows-1251", "почта не работает", "windows-1251"),
    plain("windows-1252", "Grüße – das geht nicht", "windows-1252"),
    plain("iso-8859-1", "Grüße aus Köln", "iso-8859-1"),
    plain("iso-8859-15", "500 € zu viel", "iso-8859-15"),
    plain("windows-1256", "البريد لا يعمل", "windows-1256"),
    plain("utf-7", "Grüße", "utf-7"),
    plain("utf-16", "Grüße", "utf-16"),
]
BODIES = [
    Hard(
        "a charset that does not exist",
        HEAD + b"Subject: x\r\nContent-Type: text/plain; charset=x-nobody\r\n\r\nHello there",
        says="Hello there",
    ),
    Hard(
        "says us-ascii and is utf-8",
        HEAD + b"Subject: x\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n" + "Grüße".encode(),
        says="Grüße",
    ),
    Hard(
        "says utf-8 and is windows-1252",
        HEAD + b"Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGr\xfc\xdfe",
        says="Grüße",
    ),
    Hard("no MIME at all, bare line feeds", b"From: kim@contoso.example\nSubject: Old\n\nIt is broken", says="broken"),
    Hard(
        "quoted-printable with soft breaks",
        HEAD + b"Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + quopri.encodestring(("Grüße " * 30).encode()),
        says="Grüße Grüße",
    ),
    Hard(
        "broken base64",
        HEAD + b"Subject: Broken letters\r\nContent-Type: text/plain\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8gd29ybG!!!Q",
        subject="Broken letters",
    ),
    Hard(
        "an encoding nobody knows",
        HEAD + b"Subject: x\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: x-rot13\r\n\r\nHello there",
        says="Hello there",
    ),
    Hard("NUL in text and subject", HEAD + b"Subject: a\x00b\r\n\r\nbefore\x00after", says="beforeafter", subject="ab"),
    Hard(
        "only HTML",
        HEAD + b"Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello <b>you</b></p>"
        b"<script>alert(1)</script>",
        says="Hello you",
    ),
    Hard(
        "HTML with an event handler and entities",
        HEAD + b"Subject: x\r\nContent-Type: text/html\r\n\r\n<p onclick=alert(1)>1 &lt; 2 &amp; 3</p>",
        says="1 < 2 & 3",
    ),
    Hard("an empty text", HEAD + b"Subject: Only a subject\r\n\r\n", subject="Only a subject"),
    Hard(
        "format=flowed",
        HEAD + b"Subject: x\r\nContent-Type: text/plain; format=flowed\r\n\r\nHello \r\nthere",
        says="Hello",
    ),
    Hard("100,000 characters in one line", HEAD + b"Subject: x\r\n\r\n" + b"a" * 100_000, says="aaaa"),
]
HEADERS = [
    Hard(
        "a subject in pieces of base64",
        HEAD + b"Subject: =?utf-8?B?5L+h566x?=\r\n =?utf-8?B?5omT5LiN6ZaL?=\r\n\r\nx",
        subject="信箱打不開",
    ),
    Hard("a subject in big5 quoted-printable", HEAD + b"Subject: =?big5?Q?=ABH=BDc?=\r\n\r\nx", subject="信箱"),
    Hard("a subject with raw utf-8", HEAD + "Subject: 信箱\r\n\r\nx".encode(), says="x", subject="信箱"),
    Hard("an encoded word that is broken", HEAD + b"Subject: =?utf-8?B?5L+h566?=\r\n\r\nhello", says="hello"),
    Hard("an encoded word of an unknown charset", HEAD + b"Subject: =?x-none?Q?abc?=\r\n\r\nx", subject="abc"),
    Hard("no subject", HEAD + b"\r\nPlease help", subject="(no subject)"),
    Hard("a subject of 5,000 characters", HEAD + b"Subject: " + b"word " * 1000 + b"\r\n\r\nx", says="x"),
    Hard(
        "two From lines", b"From: kim@contoso.example\r\nFrom: eve@elsewhere.example\r\nSubject: x\r\n\r\nx", says="x"
    ),
    Hard(
        "a name with a comma and quotes",
        b'From: "Lee, Kim \\"K\\"" <kim@contoso.example>\r\nSubject: x\r\n\r\nx',
        says="x",
    ),
    Hard("no sender", b"Subject: Who am I\r\n\r\nHello", state="QUARANTINED"),
    Hard("no header at all", b"\r\n\r\nJust words", state="QUARANTINED"),
    Hard("only garbage", bytes(range(256)) * 20, state="QUARANTINED"),
    Hard("a date of the year 9999 and a wrong one", HEAD + b"Date: Foo, 99 Bar 9999\r\nSubject: x\r\n\r\nx", says="x"),
]
PARTS = [
    Hard(
        "plain and HTML alternative",
        HEAD
        + b"Subject: x\r\n"
        + mixed(TEXT, part("text/html; charset=utf-8", b"<p>Outlook is broken</p>"), kind="alternative"),
        says="Outlook is broken",
    ),
    Hard(
        "nested three deep",
        HEAD + b"Subject: x\r\n" + mixed(mixed(mixed(TEXT, boundary="b3"), boundary="b2")),
        says="Outlook is broken",
    ),
    Hard(
        "an inline picture by its content id",
        HEAD
        + b"Subject: x\r\n"
        + mixed(TEXT, part("image/png", PNG, name="screen.png", more="Content-ID: <pic1>\r\n"), kind="related"),
        says="Outlook is broken",
        files=("screen.png",),
    ),
    Hard(
        "a PDF",
        HEAD + b"Subject: x\r\n" + mixed(TEXT, part("application/pdf", PDF, name="log.pdf")),
        says="Outlook is broken",
        files=("log.pdf",),
    ),
    Hard(
        "a file whose name is encoded",
        HEAD + b"Subject: x\r\n" + mixed(TEXT, part("application/pdf", PDF, name="=?utf-8?B?6Yyv6Kqk?=.pdf")),
        says="Outlook is broken",
    ),
    Hard(
        "a file name that climbs out of its folder",
        HEAD + b"Subject: x\r\n" + mixed(TEXT, part("application/pdf", PDF, name="../../etc/log.pdf")),
        says="Outlook is broken",
    ),
    Hard(
        "a program",
        HEAD + b"Subject: x\r\n" + mixed(TEXT, part("application/octet-stream", b"MZ\x90", name="run.exe")),
        says="Outlook is broken",
    ),
    Hard(
        "winmail.dat",
        HEAD
        + b"Subject: x\r\n"
        + mixed(TEXT, part("application/ms-tnef", b"\x78\x9f\x3e\x22" + b"x" * 50, name="winmail.dat")),
        says="Outlook is broken",
    ),
    Hard(
        "an invitation to a meeting",
        HEAD
        + b"Subject: x\r\n"
        + mixed(TEXT, part("text/calendar; method=REQUEST", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")),
        says="Outlook is broken",
    ),
    Hard(
        "a mail inside the mail",
        HEAD
        + b"Subject: x\r\n"
        + mixed(
            TEXT, b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nFrom: eve@elsewhere.example\r\n\r\nInner"
        ),
        says="Outlook is broken",
    ),
    Hard(
        "signed with S/MIME",
        HEAD
        + b"Subject: x\r\n"
        + mixed(TEXT, part("application/pkcs7-signature", b"\x30\x80", name="smime.p7s"), kind="signed"),
        says="Outlook is broken",
    ),
    Hard(
        "encrypted with S/MIME",
        HEAD + b"Subject: Secret\r\nContent-Type: application/pkcs7-mime; name=smime.p7m\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHA6CA\r\n",
        subject="Secret",
    ),
    Hard(
        "encrypted with PGP",
        HEAD
        + b"Subject: Secret\r\n"
        + mixed(
            part("application/pgp-encrypted", b"Version: 1"),
            part("application/octet-stream", b"-----BEGIN PGP MESSAGE-----", name="msg.asc"),
            kind="encrypted",
        ),
        subject="Secret",
    ),
    Hard("no boundary is given", HEAD + b"Subject: x\r\nContent-Type: multipart/mixed\r\n\r\nHello", subject="x"),
    Hard(
        "a boundary that never comes",
        HEAD + b'Subject: x\r\nContent-Type: multipart/mixed; boundary="zzz"\r\n\r\nHello',
        subject="x",
    ),
    Hard("a last boundary that is cut off", HEAD + b"Subject: x\r\n" + mixed(TEXT)[:-8], says="Outlook is broken"),
    Hard(
        "quoted words below",
        HEAD + b"Subject: x\r\n\r\nStill broken\r\n\r\nOn Monday, Support wrote:\r\n> try again\r\n",
        says="Still broken",
    ),
    Hard(
        "a signature below",
        HEAD + b"Subject: x\r\n\r\nBroken again\r\n-- \r\nKim Lee\r\nContoso\r\n",
        says="Broken again",
    ),
]
MACHINES = [
    Hard("out of office", HEAD + b"Subject: Out\r\nAuto-Submitted: auto-replied\r\n\r\nI am away", state="IGNORED"),
    Hard("a newsletter", HEAD + b"Subject: Sale\r\nPrecedence: bulk\r\n\r\nBuy", state="IGNORED"),
    Hard(
        "a delivery report",
        b"From: MAILER-DAEMON@mx.example\r\nReturn-Path: <>\r\nSubject: Undelivered\r\n"
        + mixed(
            TEXT, part("message/delivery-status", b"Status: 5.1.1"), kind="report", more="; report-type=delivery-status"
        ),
        state="IGNORED",
    ),
    Hard("from ourselves", b"From: support@partner.example\r\nSubject: x\r\n\r\nx", state="IGNORED"),
    Hard(
        "a person whose mail says that it is no machine",
        HEAD + b"Subject: x\r\nAuto-Submitted: no\r\n\r\nHello",
        says="Hello",
    ),
]
HARD = [*CHARSETS, *BODIES, *HEADERS, *PARTS, *MACHINES]
