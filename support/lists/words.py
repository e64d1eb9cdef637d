"""Takes text apart into the words it is found by, in English and Chinese, and a search into a query for them."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

LONGEST_WORD = 60
MOST_WORDS = 4000
# Tickets whose numbers lie side by side share a mark, so that a search can begin among the newest.
BUCKET = 4096
SHORTEST_PREFIX = 2
MOST_ASKED = 12
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")
_RUN = re.compile(rf"(?P<cjk>[{_CJK}]+)|(?P<word>[^\W_{_CJK}]+)")


def bucket_of(number: int) -> str:
    """The mark of a ticket's bucket; no text has such a word."""
    return f"~{number // BUCKET}"


def words_of(texts: Iterable[str]) -> set[str]:
    """Every word; of Chinese each two neighboring characters, because nothing stands between words there."""
    found: set[str] = set()
    for text in texts:
        plain = _plain(text)
        found.update(address[:LONGEST_WORD] for address in _ADDRESS.findall(plain))
        for run in _RUN.finditer(plain):
            found.update(_pairs(run["cjk"], with_last=True) if run["cjk"] else [run["word"][:LONGEST_WORD]])
        if len(found) >= MOST_WORDS:
            break
    return found


def query_of(search: str) -> str:
    """The tsquery that all words of a search make, the last one also as a beginning; "" where there is no word."""
    asked = _all_asked(search)
    if not asked:
        return ""
    *others, last = asked
    is_beginning = len(last) == 1 if _is_cjk(last) else len(last) >= SHORTEST_PREFIX
    return " & ".join([*map(_quoted, others), f"{_quoted(last)}:*" if is_beginning else _quoted(last)])


def whole_words_of(search: str) -> str:
    """The same with the last word as it stands, which a database finds much sooner where it is common."""
    return " & ".join(map(_quoted, _all_asked(search)))


def with_buckets(query: str, buckets: Iterable[int]) -> str:
    """The same query among tickets of these buckets."""
    return f"({query}) & ({' | '.join(_quoted(f'~{bucket}') for bucket in buckets)})"


def _all_asked(search: str) -> list[str]:
    return list(_asked(_plain(search)))[:MOST_ASKED]


def _asked(plain: str) -> Iterator[str]:
    position = 0
    for address in _ADDRESS.finditer(plain):
        yield from _runs(plain[position : address.start()])
        yield address.group()[:LONGEST_WORD]
        position = address.end()
    yield from _runs(plain[position:])


def _runs(plain: str) -> Iterator[str]:
    for run in _RUN.finditer(plain):
        if run["cjk"]:
            yield from _pairs(run["cjk"], with_last=False)
        else:
            yield run["word"][:LONGEST_WORD]


def _pairs(run: str, *, with_last: bool) -> Iterator[str]:
    """Two by two; the last character alone too where it is to be found by itself, as the others are by a beginning."""
    if len(run) == 1 or with_last:
        yield run[-1]
    for start in range(len(run) - 1):
        yield run[start : start + 2]


def _is_cjk(word: str) -> bool:
    return bool(re.match(rf"[{_CJK}]", word))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text.replace("\x00", " ")).casefold()


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
