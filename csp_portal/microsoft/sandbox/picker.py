"""The pages of the sandbox that a person sees, and those of its sign-in: account picker, consent, error."""

# ruff: noqa: E501 - HTML and CSS

import hashlib
from html import escape

from csp_portal.microsoft.sandbox.tenants import Person

_STYLE = """
:root{color-scheme:light dark;--page:#eef1f6;--card:#fff;--ink:#1b1f27;--soft:#5b6472;--line:#d9dee7;--accent:#0b62d6}
@media (prefers-color-scheme:dark){:root{--page:#10141b;--card:#1a202a;--ink:#eef1f6;--soft:#a3adbd;--line:#313a48;--accent:#6ea8ff}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--page);color:var(--ink);
font:16px/1.5 "Segoe UI",system-ui,"Noto Sans TC","Microsoft JhengHei","PingFang TC",sans-serif}
main{width:100%;max-width:31rem;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:2rem 0 1rem;
box-shadow:0 10px 30px rgb(16 24 40/.08)}
header,.note,.pad{padding:0 1.75rem}
.brand{display:flex;gap:.6rem;align-items:center;color:var(--soft);font-size:.875rem}
.brand span{font-size:.75rem;border:1px solid var(--line);border-radius:99px;padding:.05rem .6rem}
h1{font-size:1.5rem;line-height:1.25;margin:.9rem 0 .25rem}
p{margin:.25rem 0 1rem;color:var(--soft)}
ul{list-style:none;margin:0;padding:0 0 .5rem}
.person{display:grid;grid-template-columns:2.5rem 1fr;gap:.9rem;align-items:center;width:100%;padding:.6rem 1.75rem;border:0;
border-top:1px solid var(--line);background:none;color:inherit;font:inherit;text-align:left;cursor:pointer}
.person:hover{background:color-mix(in srgb,var(--accent) 8%,transparent)}
button:focus-visible{outline:3px solid var(--accent);outline-offset:-3px}
.face{width:2.5rem;height:2.5rem;border-radius:50%;display:grid;place-items:center;color:#fff;font-weight:600}
.who{min-width:0}.who b{display:flex;flex-wrap:wrap;gap:.15rem .6rem;align-items:center}.who small{display:block;overflow-wrap:anywhere}
small{color:var(--soft);font-size:.8125rem}
.role{font-size:.75rem;font-weight:400;border:1px solid var(--line);border-radius:99px;padding:.1rem .6rem;color:var(--soft);white-space:nowrap}
.pad select{display:block;width:100%;margin-top:.3rem;padding:.4rem;font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:6px}
.plain{border:1px solid var(--line);border-radius:6px;background:none;color:inherit;font:inherit;padding:.5rem 1.1rem;cursor:pointer}
.main{background:#0b62d6;border-color:#0b62d6;color:#fff}
.row{display:flex;gap:.6rem;justify-content:flex-end;padding:1rem 1.75rem;border-top:1px solid var(--line)}
.list{list-style:disc;padding:0 1.75rem 1rem 3rem}
"""

_ROLES = {
    "Portal.Owner": "Owner",
    "Portal.AccessAdmin": "Access admin",
    "Portal.Auditor": "Auditor",
    "Portal.SupportAgent": "Support agent",
    "Portal.Viewer": "Viewer",
}
_COLORS = ("#0b62d6", "#8a3ffc", "#007d79", "#b3470e", "#a2191f", "#4a6a1f", "#6f4e7c")


def picker_page(people: list[Person], *, partner: str) -> str:
    """Every person is a button: Tab moves, Enter signs in."""
    rows = "".join(_row(person) for person in people)
    body = (
        f"{page_header('Pick an account', f'to continue to the CSP portal of {partner}')}"
        f'<form method="post"><ul>{rows}</ul>'
        '<div class="row"><button class="plain" name="person" value="">Cancel</button></div></form>'
        '<p class="note"><small>These people live in the sandbox only: no password is asked and nothing leaves this computer.</small></p>'
    )
    return page("Pick an account", body)


def consent_page(tenant: str, *, permissions: list[str]) -> str:
    items = "".join(f"<li>{escape(permission)}</li>" for permission in permissions)
    body = (
        f"{page_header('Permissions requested', f'CSP portal asks for the consent of {tenant}')}"
        f'<ul class="list">{items}</ul><form method="post"><div class="row">'
        '<button class="plain" name="decision" value="cancel">Cancel</button>'
        '<button class="plain main" name="decision" value="accept">Accept</button></div></form>'
    )
    return page("Permissions requested", body)


def error_page(code: str, sentence: str) -> str:
    return page("Sign-in did not work", page_header("Sign-in did not work", f"{code}: {sentence}"))


def _row(person: Person) -> str:
    # the initials of the Latin name: everything from U+2E80 on is East Asian
    letters = "".join(part[0] for part in person.name.split() if part[0] < "\u2e80")[:2].upper()
    color = _COLORS[hashlib.sha256(person.object_id.encode()).digest()[0] % len(_COLORS)]
    role = _ROLES[person.roles[0]] if person.roles else "No role"
    marks = (role,) if person.has_mfa else (role, "No second factor")
    badges = "".join(f'<span class="role">{escape(mark)}</span>' for mark in marks)
    return (
        f'<li><button class="person" name="person" value="{escape(person.object_id)}">'
        f'<span class="face" style="background:{color}" aria-hidden="true">{escape(letters)}</span>'
        f'<span class="who"><b>{escape(person.name)} {badges}</b>'
        f"<small>{escape(person.email)}</small><small>{escape(person.job)}</small></span></button></li>"
    )


def page_header(title: str, sentence: str, *, brand: str = "Microsoft sign-in") -> str:
    return (
        f'<header><div class="brand">{escape(brand)} <span>sandbox</span></div>'
        f"<h1>{escape(title)}</h1><p>{escape(sentence)}</p></header>"
    )


def page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)} · Sandbox</title><style>{_STYLE}</style></head><body><main>{body}</main></body></html>"
    )
