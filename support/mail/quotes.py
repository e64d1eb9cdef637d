"""Parts what somebody wrote from the earlier mails and the signature below it."""

import re

# Where mail programs begin to repeat the mail that is answered, in the languages that our customers write.
_BEGINS = re.compile(
    r"^(?:-{2,}\s*(?:Original Message|Original-Nachricht|原始郵件|原始邮件|Forwarded message).*"
    r"|On .{5,200} wrote:\s*|Am .{5,200} schrieb .*:\s*|於 .{5,200}(?:寫道|写道)[：:]\s*|.{5,200} (?:寫道|写道)[：:]\s*"
    r"|_{10,}\s*|(?:From|Von|寄件者|发件人)[:：] .+)$",
    re.MULTILINE,
)
_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)


def split_quoted(text: str) -> tuple[str, str]:
    """What was written now, and the rest, which is folded away; never nothing and the rest."""
    lined = text.replace("\r\n", "\n").replace("\r", "\n")
    starts = [found.start() for found in (_BEGINS.search(lined), _SIGNATURE.search(lined)) if found]
    cut = min([*starts, _trailing_quote(lined)])
    said, rest = lined[:cut].strip(), lined[cut:].strip()
    return (said, rest) if said else (lined.strip(), "")


def _trailing_quote(text: str) -> int:
    """Where the last lines that all begin with > begin; the end where there are none."""
    lines = text.rstrip().split("\n")
    count = len(lines)
    while count and (lines[count - 1].startswith(">") or not lines[count - 1].strip()):
        count -= 1
    return len("\n".join(lines[:count])) if count < len(lines) else len(text)
