"""Files that show how tickets can be written down to be imported."""

import json

CSV = (
    "id,customer,subject,text,requester name,requester email,product family,severity,status,owner,tags,"
    "created at,answered at,solved at\r\n"
    '1001,contoso.com,Outlook asks for the password,"Since nine o\'clock, for everybody.",Kim Lee,kim@contoso.com,'
    "Microsoft 365,B,solved,,outlook; sign-in,2026-03-02T09:10:00Z,2026-03-02T09:40:00Z,2026-03-02T11:00:00Z\r\n"
)
JSON = json.dumps(
    [
        {
            "id": "1001",
            "customer": "contoso.com",
            "subject": "Outlook asks for the password",
            "text": "Since nine o'clock, for everybody.",
            "requester_name": "Kim Lee",
            "requester_email": "kim@contoso.com",
            "family": "Microsoft 365",
            "severity": "B",
            "status": "solved",
            "tags": ["outlook", "sign-in"],
            "created_at": "2026-03-02T09:10:00Z",
            "solved_at": "2026-03-02T11:00:00Z",
            "entries": [
                {"kind": "note", "at": "2026-03-02T09:30:00Z", "text": "Looks like their proxy."},
                {"kind": "reply", "at": "2026-03-02T09:40:00Z", "text": "Please restart Outlook."},
                {
                    "kind": "message",
                    "at": "2026-03-02T10:00:00Z",
                    "sender_name": "Kim Lee",
                    "text": "It works, thanks.",
                },
            ],
        }
    ],
    indent=2,
)
SAMPLES = {"csv": (CSV, "text/csv; charset=utf-8"), "json": (JSON, "application/json")}
