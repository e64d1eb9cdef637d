"""Planted secrets and personal data: each in a sentence as people write it, with what must be gone and what must stay.

All keys are invented; none ever opened anything. They are put together here so that no scanner takes them for real.
"""

import base64
from collections.abc import Iterator
from typing import NamedTuple


class Planted(NamedTuple):
    """`gone` must be nowhere in the pack, in no way of writing it; `stays` must still be there."""

    text: str
    gone: str
    stays: str = ""


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


_RANDOM = "Zk9xQ2vT7bLm4RwYp1Hs8NdJ"
_JWT = f"eyJhbGciOiJSUzI1NiIsInR5cCI6.eyJzdWIiOiJhbm5hIiwiYXVkIjoi.{_RANDOM}{_RANDOM}"
_PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq0\nq8f2Zr\n-----END RSA PRIVATE KEY-----"
_ACCOUNT_KEY = f"{_RANDOM}{_RANDOM}{_RANDOM}{_RANDOM[:14]}=="
SECRETS = [
    Planted("password: hunter2!", "hunter2", "password:"),
    Planted("Password=Winter2026", "Winter2026"),
    Planted("PASSWORD : 'my dog is 7'", "my dog is 7"),
    Planted('"password": "s3cr3t-value"', "s3cr3t-value"),
    Planted("pwd=abc123xyz;Database=prod", "abc123xyz", "Database=prod"),
    Planted("passwd: Tr0ub4dor&3", "Tr0ub4dor"),
    Planted("pass: 8chars!!", "8chars!!"),
    Planted("passphrase: correct-horse-9", "correct-horse-9"),
    Planted("passcode = 445566", "445566"),
    Planted("The password is Sommer#2026", "Sommer#2026", "The password is"),
    Planted("the password was Geheim99 before", "Geheim99", "before"),
    Planted("Password to Qwer!1234 again", "Qwer!1234"),
    Planted("Das Passwort lautet Blume77", "Blume77"),
    Planted("Kennwort: Regen.bogen", "Regen.bogen"),
    Planted("密碼：abc!2026", "abc!2026"),
    Planted("密碼: 天空Blue88", "天空Blue88"),
    Planted("密碼是 Taipei101x", "Taipei101x"),
    Planted("密碼Summer2026", "Summer2026"),
    Planted("口令：open-sesame1", "open-sesame1"),
    Planted("驗證碼 482913", "482913"),
    Planted("驗證碼：771203", "771203"),
    Planted("ｐａｓｓｗｏｒｄ：ｈｉｄｄｅｎ７", "hidden7"),
    Planted("pass\u200bword: zero\u200bwidth9", "zerowidth9"),
    Planted("pass\u00adword: softhyphen8", "softhyphen8"),
    Planted("password&#58; entity55", "entity55"),
    Planted("pass&#119;ord: entity66", "entity66"),
    Planted("client_secret=Qz8Q~invented.Value_that-is.34chars.long0", "invented.Value_that"),
    Planted("ClientSecret: abC8Q~0123456789abcdefghijklmnopqrstuvwx", "0123456789abcdefghij"),
    Planted("secret: 9f8e7d6c", "9f8e7d6c"),
    Planted("API key: 12-34-ab-cd", "12-34-ab-cd"),
    Planted("api_key=zz99yy88", "zz99yy88"),
    Planted("x-api-key: k3yk3yk3y", "k3yk3yk3y"),
    Planted("apikey => 'q1w2e3r4'", "q1w2e3r4"),
    Planted("Ocp-Apim-Subscription-Key: 0a1b2c3d4e5f", "0a1b2c3d4e5f"),
    Planted(
        f"AccountName=files;AccountKey={_ACCOUNT_KEY};EndpointSuffix=core.windows.net", _RANDOM, "core.windows.net"
    ),
    Planted(f"Endpoint=sb://bus.example/;SharedAccessKeyName=root;SharedAccessKey={_ACCOUNT_KEY}", _RANDOM, "sb://bus"),
    Planted("Server=db;User Id=sa;Password=Sql!Pass1;", "Sql!Pass1", "Server=db"),
    Planted(f"https://files.blob.core.windows.net/c?sv=2024&sig={_RANDOM}%3D&se=2026", _RANDOM, "files.blob"),
    Planted("https://kim:geheim@intranet.contoso.com/x", "geheim", "intranet.contoso.com"),
    Planted("ftp://user:p4ss@ftp.contoso.com", "p4ss"),
    Planted("postgres://app:dbpass99@db/prod", "dbpass99"),
    Planted(f"Authorization: Bearer {_RANDOM}", _RANDOM),
    Planted(f"bearer {_RANDOM}.{_RANDOM}", _RANDOM),
    Planted(f"Authorization: Basic {_b64('anna:geheim1')}", _b64("anna:geheim1")),
    Planted(f"curl -H 'Authorization: Basic {_b64('kim:letmein')}' https://x", _b64("kim:letmein")),
    Planted(f"SharedKey files:{_ACCOUNT_KEY}", _RANDOM),
    Planted(f"It sent {_JWT} to us", _RANDOM),
    Planted(f"token in two lines {_JWT[:40]}\n{_JWT[40:]}", _RANDOM),
    Planted(f"access_token={_JWT}", _JWT[30:60]),
    Planted(f"id_token: {_JWT}", _JWT[30:60]),
    Planted(f"refresh_token=0.AXoA{_RANDOM}.{_RANDOM}{_RANDOM}", _RANDOM),
    Planted(f"0.AXoA{_RANDOM}.{_RANDOM}{_RANDOM}", _RANDOM),
    Planted(_PEM, "MIIEpAIBAAKCAQEA7bq0"),
    Planted(_PEM.partition("-----END")[0], "q8f2Zr"),
    Planted("Set-Cookie: ESTSAUTH=0.AQwA1b2c3", "0.AQwA1b2c3"),
    Planted("cookie: session=aabbcc1122", "session=aabbcc1122"),
    Planted("AK" + "IAIOSFODNN7EXAMPLE", "IOSFODNN7"),
    Planted("gh" + "p_1234567890abcdefghijABCDEFGHIJ12345", "1234567890abcdefghij"),
    Planted("github_" + "pat_11AAAAAAA0aaaaaaaaaaaa_bbbbbbbb", "11AAAAAAA0aaaa"),
    Planted("glp" + "at-ABCDEFabcdef12345678", "ABCDEFabcdef12345678"),
    Planted("xox" + "b-123456789012-abcdefghij", "123456789012-abc"),
    Planted("sk" + "-proj-abcdEFGH1234567890abcd", "abcdEFGH1234567890"),
    Planted("sk" + "_live_abcdEFGH12345678", "abcdEFGH12345678"),
    Planted("AI" + "zaSyA1234567890abcdefghijklmnopqrstuvw", "SyA1234567890"),
    Planted("SG" + ".abcdefghijklmnop12.qrstuvwxyz0123456789", "qrstuvwxyz0123"),
    Planted("npm" + "_abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnopq"),
    Planted("hv" + "s.CAESIJabcdefghijklmnop", "CAESIJabcdefg"),
    Planted("the blob " + _b64("password=deep hidden"), _b64("password=deep hidden")[:20]),
    Planted("config " + _b64("client secret: abc"), _b64("client secret: abc")[:16]),
    Planted(f"unnamed {_RANDOM}{_RANDOM[:12]} string", _RANDOM),
    Planted("key " + "0123456789abcdef" * 4, "0123456789abcdef0123"),
    Planted("PAT abcdefghij2klmnop3qrstuv4wxyzabcdef5ghijklmnop6qrst", "klmnop3qrstuv4"),
    Planted("one-time code: 993311", "993311"),
    Planted("verification code is 550011", "550011"),
    Planted("MFA code: 424242", "424242"),
    Planted("PIN: 0911", "0911"),
    Planted("Temporary Access Pass: Xy7-Zz9", "Xy7-Zz9"),
    Planted("recovery code = abcd-1234", "abcd-1234"),
    Planted("credentials: admin/Pa55", "admin/Pa55"),
    Planted("session token: 1a2b3c4d", "1a2b3c4d"),
    Planted("SAS token: sv=2024-abc", "sv=2024-abc"),
    Planted("金鑰：KLM-998-zz", "KLM-998-zz"),
]
PERSONAL = [
    Planted("Write to kim.lee@contoso.com please", "kim.lee@", "contoso.com"),
    Planted("KIM@CONTOSO.COM", "KIM@CONTOSO"),
    Planted("kim+news@mail.contoso.co.uk", "kim+news"),
    Planted("mailto:anna.berg@contoso.com", "anna.berg"),
    Planted("kim＠contoso.com", "kim@"),
    Planted("kim%40contoso.com", "kim%40"),
    Planted("kim (at) contoso (dot) com", "kim (at)"),
    Planted("kim[at]contoso.com", "kim[at]"),
    Planted("guest_fabrikam.com#EXT#@contoso.onmicrosoft.com", "guest_fabrikam"),
    Planted("k\u200bim.hidden@contoso.com", "kim.hidden"),
    Planted("<lee.min@xn--fsq.tw>", "lee.min"),
    Planted("o'brien@contoso.com", "brien@"),
    Planted("陳小明@contoso.com", "陳小明@"),
    Planted("Call +886 2 2345 6789", "2345 6789"),
    Planted("mobile 0912345678", "0912345678"),
    Planted("phone (02) 2345-6789", "2345-6789"),
    Planted("tel. 02-2345-6789", "2345-6789"),
    Planted("+49 (0)30 1234567", "1234567"),
    Planted("(425) 555-0100", "555-0100"),
    Planted("425-555-0100", "555-0100"),
    Planted("card 4111 1111 1111 1111", "4111 1111"),
    Planted("card 5500005555555559", "5500005555555559"),
    Planted("IBAN DE89 3704 0044 0532 0130 00", "3704 0044"),
    Planted("IBAN GB82WEST12345698765432", "WEST12345698765432"),
    Planted("請打電話0912345678給他", "0912345678"),
    Planted("他的身分證A123456789沒有錯", "A123456789"),
    Planted("卡號4111111111111111已過期", "4111111111111111"),
    Planted("帳號DE89370400440532013000沒有收到", "DE89370400440532013000"),
    Planted("分機(02)27208889轉接", "27208889"),
    Planted("身分證 A123456789", "A123456789"),
    Planted("SSN 078-05-1120", "078-05-1120"),
]
STAYS = [
    "8a5b2c1d-0e3f-4a6b-9c8d-7e6f5a4b3c2d",
    "AADSTS50126: Error validating credentials due to invalid username.",
    "0x80070005",
    "HRESULT 0x8004010F",
    "EX1234567",
    "MO987654",
    "2026-11-23T09:12:44Z",
    "2026-11-23 09:00 UTC",
    "23.11.2026 09:00",
    "/subscriptions/3bb7379e-e102-4603-a59c-60f5ca39ec55/resourceGroups/main/providers/Microsoft.Compute/virtualMachines/web-01",
    "https://portal.azure.com/#blade/Microsoft_Azure_Support/HelpAndSupportBlade/overview",
    "https://admin.cloud.microsoft/exchange?landingpage=homepage",
    "Outlook asks for the password again and again",
    "The password prompt appears every ten minutes.",
    "They can't sign in; the token is not renewed.",
    "Token lifetime policy",
    "Version 16.0.17328.20184",
    "192.168.10.24",
    "2001:db8::1",
    "2611230000123456",
    "26110000000001",
    "TrackingID#2611230030001234",
    "request id 4b2c8d61-11aa-4f0e-9a77-0d1e2f3a4b5c",
    "x-ms-correlation-request-id: 4b2c8d61-11aa-4f0e-9a77-0d1e2f3a4b5c",
    "traceparent 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "Connection refused (10061)",
    "RDP says 0x204",
    "Microsoft.Support/supportTickets/csp-abc",
    "web-01.westeurope.cloudapp.azure.com",
    "KB5031364",
    "Set-MailboxPermission -AccessRights FullAccess",
    "Get-MessageTrace -StartDate 11/20/2026",
    "550 5.7.1 Unable to relay",
    "error 403.6",
    "thumbprint A1B2C3D4E5F60718293A4B5C6D7E8F9012345678",
    "contoso.onmicrosoft.com",
    "已經試過重新啟動，仍然無法登入。",
    "密碼重設後仍無法登入",
    "Severity B - Moderate: moderate loss or degradation of services",
    "Forty people wait since nine, 3 % of 1,200",
    "port 443, TLS 1.2",
    "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE",
    "SharePointOnlineManagementShell",
    "Microsoft.PowerShell.Commands.HttpResponseException",
]


def everything() -> Iterator[Planted]:
    yield from SECRETS
    yield from PERSONAL
