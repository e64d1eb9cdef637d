"""What would help whom: rules as data, the first that holds counts; each says why in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from support.models import Help, Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A habit as the rules see it; without rates nobody similar is known."""

    kind: str
    word: str
    service_name: str
    count: int
    reopened: int
    known: int
    rate: float | None
    similar_rate: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """Holds from `least` tickets on, and where the rate is so many `times` that of similar customers.

    `times` of 0 asks for no comparison. No words and no services stand for any.
    """

    key: str
    help: Help
    sentence: str | Promise
    words: frozenset[str] = frozenset()
    services: Sequence[str] = ()
    kind: str = ""
    least: int = 3
    times: float = 1.5
    reopened_share: float = 0
    known_share: float = 0

    def holds(self, asked: Asked) -> bool:
        if asked.count < self.least or (self.kind and asked.kind != self.kind):
            return False
        if self.words and asked.word not in self.words:
            return False
        if self.services and not any(part in asked.service_name.casefold() for part in self.services):
            return False
        if asked.reopened < self.reopened_share * asked.count or asked.known < self.known_share * asked.count:
            return False
        return self._stands_out(asked)

    def _stands_out(self, asked: Asked) -> bool:
        if not self.times:
            return True
        return (
            asked.rate is not None and asked.similar_rate is not None and asked.rate > self.times * asked.similar_rate
        )


RULES: tuple[Rule, ...] = (
    Rule(
        key="microsoft",
        help=Help.FIX,
        known_share=0.5,
        times=0,
        least=4,
        sentence=_(
            "Microsoft's issues are behind most of these: tell this customer early by notices, before they ask."
        ),
    ),
    Rule(
        key="again",
        help=Help.FIX,
        reopened_share=0.3,
        times=0,
        sentence=_("Solved, and asked again: look for the cause once, with the runbook beside it."),
    ),
    Rule(
        key="sign-in",
        help=Help.SERVICE,
        words=frozenset({"password", "signin", "prompt", "code", "mfa", "authenticator"}),
        kind=Kind.TECHNICAL,
        sentence=_("Offer self-service password reset and passkeys: people then help themselves."),
    ),
    Rule(
        key="phishing",
        help=Help.SERVICE,
        words=frozenset({"phishing", "quarantine", "malware", "spam"}),
        sentence=_("Offer mail security with reports by users, and an exercise in recognizing phishing."),
    ),
    Rule(
        key="devices",
        help=Help.SERVICE,
        words=frozenset({"device", "enroll", "compliance", "policy", "print"}),
        sentence=_("Offer to manage the devices: enrollment and policies set up once for all of them."),
    ),
    Rule(
        key="licenses",
        help=Help.SERVICE,
        words=frozenset({"license", "subscription", "invoice", "seats", "renewal"}),
        sentence=_("Offer to manage the licenses: a quarterly review, and a form to order and return seats."),
    ),
    Rule(
        key="files",
        help=Help.TRAINING,
        words=frozenset({"sync", "share", "file", "permission", "site", "upload"}),
        sentence=_("Train people in sharing and synchronizing files: where what belongs, and who may see it."),
    ),
    Rule(
        key="meetings",
        help=Help.TRAINING,
        words=frozenset({"meeting", "join", "audio", "video", "room", "recording", "call"}),
        sentence=_("Train people in meetings and rooms, and check the rooms' devices once."),
    ),
    Rule(
        key="mail",
        help=Help.TRAINING,
        words=frozenset({"calendar", "invitation", "mailbox", "rule", "search", "attachment"}),
        services=("exchange",),
        sentence=_("Train people in Outlook: shared mailboxes, calendars, rules and searching."),
    ),
    Rule(
        key="slow",
        help=Help.FIX,
        words=frozenset({"slow", "delay", "crash"}),
        times=1.2,
        sentence=_("Measure the network and the clients there: others of this size do not find it slow."),
    ),
    Rule(
        key="commercial",
        help=Help.SERVICE,
        kind=Kind.COMMERCIAL,
        least=5,
        times=2,
        sentence=_(
            "They ask twice as often about orders and bills as similar customers: offer a regular account review."
        ),
    ),
    Rule(
        key="often",
        help=Help.FIX,
        least=5,
        times=2,
        sentence=_(
            "They ask twice as often as similar customers: go through these tickets together and look for a cause."
        ),
    ),
)
# These only say that much is asked.
GENERAL = frozenset({"commercial", "often"})
BY_KEY = {rule.key: rule for rule in RULES}


def advice_for(asked: Asked) -> Rule | None:
    return next((rule for rule in RULES if rule.holds(asked)), None)
