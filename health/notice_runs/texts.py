"""The built-in words of notices, in plain language, for as long as nobody has written others."""

from collections.abc import Mapping
from dataclasses import dataclass

from health.models import NoticeTemplate

Kind = NoticeTemplate.Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    subject: str
    text: str


BUILT_IN: Mapping[tuple[str, str], Words] = {
    (Kind.FIRST, "en"): Words(
        subject="{{ issue.service }}: a problem at Microsoft",
        text="""Hello {{ contact.name }},

Microsoft has a problem with {{ issue.service }}. It began on {{ issue.since }} and may affect {{ customer.name }}.

What you may notice:
{{ issue.impact }}

What Microsoft does about it:
{{ post.text }}

When we expect to hear more: {{ issue.next_update }}.

There is nothing you have to do. We watch it and write again when something changes.
Microsoft's number for this problem: {{ issue.id }}
""",
    ),
    (Kind.UPDATE, "en"): Words(
        subject="{{ issue.service }}: news of the problem at Microsoft",
        text="""Hello {{ contact.name }},

there is news of the problem with {{ issue.service }} of which we told {{ customer.name }}.

What Microsoft says now ({{ post.at }}):
{{ post.text }}

What you may still notice:
{{ issue.impact }}

When we expect to hear more: {{ issue.next_update }}.

Microsoft's number for this problem: {{ issue.id }}
""",
    ),
    (Kind.RESTORED, "en"): Words(
        subject="{{ issue.service }}: the problem at Microsoft is over",
        text="""Hello {{ contact.name }},

Microsoft says that the problem with {{ issue.service }} is over since {{ issue.ended }}.

What Microsoft did:
{{ post.text }}

If something still does not work at {{ customer.name }}, answer this mail and we look into it with you.

Microsoft's number for this problem: {{ issue.id }}
""",
    ),
    (Kind.FIRST, "zh-hant"): Words(
        subject="{{ issue.service }}：Microsoft 發生問題",
        text="""{{ contact.name }} 您好：

Microsoft 的 {{ issue.service }} 發生問題，自 {{ issue.since }} 開始，可能影響 {{ customer.name }}。

您可能會注意到：
{{ issue.impact }}

Microsoft 正在進行的處理：
{{ post.text }}

預計下次消息：{{ issue.next_update }}。

您不需要做任何事。我們會持續關注，有變化時再通知您。
Microsoft 的問題編號：{{ issue.id }}
""",
    ),
    (Kind.UPDATE, "zh-hant"): Words(
        subject="{{ issue.service }}：Microsoft 問題的最新消息",
        text="""{{ contact.name }} 您好：

先前通知 {{ customer.name }} 的 {{ issue.service }} 問題有新消息。

Microsoft 目前的說明（{{ post.at }}）：
{{ post.text }}

您可能仍會注意到：
{{ issue.impact }}

預計下次消息：{{ issue.next_update }}。

Microsoft 的問題編號：{{ issue.id }}
""",
    ),
    (Kind.RESTORED, "zh-hant"): Words(
        subject="{{ issue.service }}：Microsoft 的問題已解決",
        text="""{{ contact.name }} 您好：

Microsoft 表示 {{ issue.service }} 的問題已於 {{ issue.ended }} 解決。

Microsoft 的處理：
{{ post.text }}

如果 {{ customer.name }} 仍有無法運作之處，請直接回覆此郵件，我們會與您一起處理。

Microsoft 的問題編號：{{ issue.id }}
""",
    ),
}


def words_for(kind: str) -> dict[str, Words]:
    """Language → our own words for this kind of notice, or the built-in ones."""
    found = {language: words for (of, language), words in BUILT_IN.items() if of == kind}
    for row in NoticeTemplate.objects.filter(kind=kind):
        found[row.language] = Words(subject=row.subject, text=row.text)
    return found
