"""Microsoft's posts, whatever they hold: in a real browser nothing of them runs, covers, sends or leads away unseen."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

pytestmark = pytest.mark.browser

EVIL = "https://evil.example"
RUN = "window.broken=1;alert(1)"
# OWASP's filter evasion list, DOMPurify's and nh3's mutation cases, and what follows people around in mails.
PROBES = [
    f"<script>{RUN}</script>",
    f"<ScRiPt src={EVIL}/x.js></sCrIpT>",
    f"<script\x0c>{RUN}</script>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f"<img src=x onerror={RUN}>",
    f'<img src="{EVIL}/pixel.gif" width=1 height=1>',
    f'<img srcset="{EVIL}/a 1x, {EVIL}/b 2x">',
    f'<picture><source srcset="{EVIL}/p"><img src="{EVIL}/q"></picture>',
    f"<svg onload={RUN}></svg>",
    f"<svg><script>{RUN}</script></svg>",
    f'<svg><use href="{EVIL}/x#y"/><image href="{EVIL}/i"/></svg>',
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f'<svg></p><style><a id="</style><img src=1 onerror={RUN}>">',
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={RUN}&gt;'>",
    "<math><mtext><h1><a><h6></a></h6><mglyph><svg><mtext><style><a title='</style>"
    f"<img src onerror={RUN}>'></style></h1>",
    f"<form><math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>",
    f'<noscript><p title="</noscript><img src=x onerror={RUN}>">',
    f"<table><td><style><!--</style></td><img src=x onerror={RUN}>",
    f"<select><template><img src=x onerror={RUN}></template></select>",
    f'<xmp><img title="</xmp><img src=x onerror={RUN}>"></xmp>',
    f'<title><a title="</title><img src=x onerror={RUN}>">',
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f'<iframe src="{EVIL}"></iframe><frame src="{EVIL}"><object data="{EVIL}"></object><embed src="{EVIL}">',
    f'<link rel=stylesheet href="{EVIL}/a.css"><link rel=prefetch href="{EVIL}/b">',
    f'<link rel=dns-prefetch href="{EVIL}"><link rel=modulepreload href="{EVIL}/m.js">',
    f"<style>@import '{EVIL}/c.css'; body{{background:url({EVIL}/d)}} *{{display:none}}</style>",
    f'<p style="background:url({EVIL}/e);position:fixed;inset:0;z-index:9999">cover</p>',
    f'<table background="{EVIL}/f"><tr><td background="{EVIL}/g">cell</td></tr></table>',
    f'<body background="{EVIL}/h" onload={RUN}>',
    f'<meta http-equiv=refresh content="0;url={EVIL}">',
    f'<base href="{EVIL}/">',
    f'<form action="{EVIL}"><input name=password onfocus={RUN} autofocus><button formaction="{EVIL}"></form>',
    f'<video src="{EVIL}/v" poster="{EVIL}/w" onerror={RUN}></video><audio src="{EVIL}/a" autoplay></audio>',
    f'<video><source onerror={RUN}></video><track src="{EVIL}/t">',
    f"<details open ontoggle={RUN}>x</details>",
    f"<marquee onstart={RUN}>x</marquee>",
    f"<a href=javascript:{RUN}>script link</a>",
    f"<a href='java\tscript:{RUN}'>tab link</a>",
    f"<a href='&#106;avascript:{RUN}'>entity link</a>",
    f'<a href="data:text/html,<script>{RUN}</script>">data link</a>',
    f"<a href=vbscript:{RUN}>vb link</a>",
    f'<a href="{EVIL}/ping" ping="{EVIL}/pinged">ping link</a>',
    "<a href='//evil.example/relative'>relative link</a>",
    "<a href='/people/'>own link</a>",
    f'<div hx-get="{EVIL}/hx" hx-trigger="load">htmx</div><div hx-on:load="{RUN}">on</div>',
    '<div data-hx-get="/people/" data-hx-trigger="load" hx-swap-oob="true" id="toasts">oob</div>',
    "<p id=main class='toast-note is-error' name=body>clobbered</p><img name=getElementById>",
    f"<p onclick={RUN} onmouseover={RUN} tabindex=0>handlers</p>",
    f"<isindex action='{EVIL}' type=image>",
    f"<bgsound src='{EVIL}/s'><layer src='{EVIL}/l'></layer>",
    f"<!--[if gte IE 4]><script>{RUN}</script><![endif]-->",
    f"<![CDATA[<script>{RUN}</script>]]>",
    f"<?xml-stylesheet href='{EVIL}/xsl'?>",
    "<p>\u202eesrever\u202c \u0000 \ufffe</p>",
    f"<portal src='{EVIL}'></portal><fencedframe></fencedframe>",
    f"<dialog open>{'x' * 50}</dialog><slot></slot><custom-element onx={RUN}></custom-element>",
]
ACTS = ", ".join(
    [
        *(
            "script",
            "style",
            "link",
            "meta",
            "base",
            "iframe",
            "frame",
            "object",
            "embed",
            "svg",
            "math",
            "img",
            "picture",
        ),
        *("picture", "video", "audio", "source", "form", "input", "button", "select", "template", "details", "dialog"),
        *("marquee", "noscript", "[style]", "[class]", "[id]", "[name]"),
    ]
)
GOOD = '<p>Harmless <b>words</b>.</p><a href="https://status.example/more">Read more</a>'


@pytest.fixture
def posted(portal: Any) -> str:
    """The address of an issue whose posts hold every probe, one by one and all in one."""
    issue = portal.script_sandbox(
        "issues", service="Exchange Online", fraction=1.0, title="Probes", classification="incident"
    )
    for probe in [*PROBES, "".join(PROBES)]:
        portal.script_sandbox(f"issues/{issue['id']}/post", html=f"{GOOD}{probe}")
    return f"/issues/custom/{issue['id']}/"


def _opened(page: Page, address: str, *, posts: int) -> None:
    for _ in range(180):
        page.goto(address)
        if page.locator(".post-text").count() >= posts:
            return
        page.wait_for_timeout(1_000)
    pytest.fail("the posts did not arrive")


def test_nothing_in_a_post_runs_loads_or_covers_the_page(sign_in: Any, portal: Any, posted: str) -> None:
    page = sign_in("Viewer")
    dialogs: list[str] = []
    elsewhere: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((portal.url, "data:")):
            elsewhere.append(request.url)

    page.on("dialog", lambda dialog: dialogs.append(dialog.message) or dialog.dismiss())  # type: ignore[func-returns-value]
    page.on("request", note)
    _opened(page, posted, posts=len(PROBES) + 1)
    page.mouse.move(400, 500)
    page.wait_for_load_state("networkidle")

    assert page.evaluate("window.broken === undefined")
    assert (dialogs, elsewhere) == ([], [])
    posts = page.locator(".post-text")
    inert = (
        "script, style, link, meta, base, iframe, frame, object, embed, svg, math, img, picture, video, audio, source"
    )
    inert += (
        ", form, input, button, select, template, details, dialog, marquee, noscript, [style], [class], [id], [name]"
    )
    assert posts.locator(inert).count() == 0
    attributes = posts.evaluate_all(
        "all => all.flatMap(one => [...one.querySelectorAll('*')].flatMap(e => [...e.attributes].map(a => a.name)))"
    )
    assert set(attributes) <= {"href", "rel", "title", "colspan", "rowspan", "scope", "target"}
    expect(page.locator("main#main")).to_have_count(1)


def test_links_lead_only_to_https_and_tell_nobody_where_from(sign_in: Any, posted: str) -> None:
    page = sign_in("Viewer")
    _opened(page, posted, posts=len(PROBES) + 1)
    links = page.locator(".post-text a[href]")

    seen = links.evaluate_all("all => all.map(a => [a.getAttribute('href'), a.rel])")
    assert len(seen) > len(PROBES)
    for href, rel in seen:
        assert re.match(r"https://(status|evil)\.example/", href), href
        assert {"noopener", "noreferrer", "nofollow"} <= set(rel.split())
