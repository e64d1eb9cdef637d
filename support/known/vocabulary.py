"""What people call Microsoft's services and what they can't do with them, in English and Chinese, as one vocabulary."""

import re
from functools import lru_cache

# Services by a part of Microsoft's own name, and what people say when they mean them.
SERVICE_WORDS: dict[str, tuple[str, ...]] = {
    "exchange": (
        "exchange",
        "outlook",
        "mail",
        "mailbox",
        "email",
        "owa",
        "calendar",
        "信箱",
        "郵件",
        "行事曆",
        "電郵",
    ),
    "teams": ("teams", "meeting", "meetings", "call", "calls", "chat", "channel", "會議", "通話", "聊天", "頻道"),
    "sharepoint": ("sharepoint", "site", "sites", "library", "intranet", "網站", "文件庫", "內部網站"),
    "onedrive": ("onedrive", "sync", "synced", "syncing", "同步", "雲端硬碟"),
    "entra": ("entra", "azuread", "signin", "login", "logon", "mfa", "authenticator", "登入", "驗證", "多重要素"),
    "intune": ("intune", "enroll", "enrollment", "enrolment", "compliance", "mdm", "裝置", "註冊", "合規"),
    "defender": ("defender", "quarantine", "phishing", "malware", "隔離", "釣魚", "惡意"),
    "power bi": ("powerbi", "dashboard", "dataset", "gateway", "報表", "資料集"),
    "power automate": ("automate", "flow", "flows", "流程"),
    "power apps": ("powerapps", "canvas", "應用程式"),
    "dynamics": ("dynamics", "crm", "finance", "opportunity", "客戶關係"),
    "microsoft 365 suite": ("portal", "admincenter", "license", "licenses", "subscription", "系統管理中心", "授權"),
    "microsoft 365 apps": ("word", "excel", "powerpoint", "office", "activation", "啟用", "試算表"),
    "planner": ("planner", "todo", "tasks", "待辦", "規劃"),
    "viva": ("viva", "yammer", "engage"),
    "windows 365": ("cloudpc", "windows365", "雲端電腦"),
    "purview": ("purview", "retention", "ediscovery", "label", "labels", "敏感度", "保留"),
    "copilot": ("copilot", "副駕駛"),
}
# Words of many forms, and Chinese ones, as the English word that Microsoft's texts use.
_SAME: dict[str, str] = {
    **dict.fromkeys(("passwords", "密碼", "credentials", "credential"), "password"),
    **dict.fromkeys(("prompts", "prompted", "prompting", "asks", "asking", "一直要求", "要求輸入"), "prompt"),
    **dict.fromkeys(("sending", "sends", "sent", "寄不出", "寄信", "傳送", "寄送", "outbound"), "send"),
    **dict.fromkeys(("receiving", "receives", "received", "收不到", "收信", "inbound", "arrive", "arrives"), "receive"),
    **dict.fromkeys(("delays", "delayed", "late", "延遲", "很久"), "delay"),
    **dict.fromkeys(("slowly", "slowness", "很慢", "緩慢", "latency", "performance"), "slow"),
    **dict.fromkeys(("searching", "searches", "搜尋", "搜索", "results"), "search"),
    **dict.fromkeys(("files", "檔案", "文件", "documents", "document"), "file"),
    **dict.fromkeys(("sharing", "shared", "分享", "共用"), "share"),
    **dict.fromkeys(("uploads", "uploading", "上傳"), "upload"),
    **dict.fromkeys(("opens", "opening", "打不開", "開啟", "開不了"), "open"),
    **dict.fromkeys(("joining", "joins", "加入", "進不去"), "join"),
    **dict.fromkeys(("videos", "camera", "視訊", "鏡頭"), "video"),
    **dict.fromkeys(("sound", "microphone", "聲音", "麥克風", "聽不到"), "audio"),
    **dict.fromkeys(("messages", "訊息"), "message"),
    **dict.fromkeys(("notifications", "通知"), "notification"),
    **dict.fromkeys(("devices", "裝置", "phones", "手機", "laptops"), "device"),
    **dict.fromkeys(("policies", "原則"), "policy"),
    **dict.fromkeys(("invitations", "invites", "邀請"), "invitation"),
    **dict.fromkeys(("meetings", "會議"), "meeting"),
    **dict.fromkeys(("calls", "calling", "通話", "電話"), "call"),
    **dict.fromkeys(("reports", "報表"), "report"),
    **dict.fromkeys(("refreshes", "refreshing", "重新整理", "更新失敗"), "refresh"),
    **dict.fromkeys(("licenses", "licensing", "授權"), "license"),
    **dict.fromkeys(("calendars", "行事曆"), "calendar"),
    **dict.fromkeys(("mailboxes", "信箱"), "mailbox"),
    **dict.fromkeys(("mails", "emails", "email", "郵件", "電子郵件"), "mail"),
    **dict.fromkeys(("login", "logon", "signin", "登入", "登不進", "authentication", "authenticate"), "signin"),
    **dict.fromkeys(("syncing", "synced", "synchronization", "同步"), "sync"),
    **dict.fromkeys(("flows", "流程", "runs"), "flow"),
    **dict.fromkeys(("code", "codes", "驗證碼", "簡訊"), "code"),
    **dict.fromkeys(("chats", "聊天"), "chat"),
    **dict.fromkeys(("channels", "頻道"), "channel"),
    **dict.fromkeys(("sites", "網站"), "site"),
    **dict.fromkeys(("quarantined", "隔離"), "quarantine"),
    **dict.fromkeys(("attachments", "附件"), "attachment"),
    **dict.fromkeys(("rooms", "會議室"), "room"),
    **dict.fromkeys(("crashes", "crashing", "crashed", "當掉", "閃退"), "crash"),
    **dict.fromkeys(("enrollment", "enrolment", "enrolling", "註冊"), "enroll"),
    **dict.fromkeys(("activation", "activated", "啟用"), "activate"),
    **dict.fromkeys(("recordings", "recorded", "錄影", "錄製"), "recording"),
    **dict.fromkeys(("transcripts", "transcription", "逐字稿"), "transcript"),
    **dict.fromkeys(("printers", "printing", "列印"), "print"),
}
# What says nothing about which issue it is.
_EMPTY = frozenset(
    [
        "the",
        "and",
        "for",
        "are",
        "can",
        "can't",
        "cannot",
        "not",
        "with",
        "some",
        "users",
        "user",
        "may",
        "might",
        "when",
        "who",
        "our",
        "all",
        "any",
        "that",
        "this",
        "have",
        "has",
        "been",
        "is",
        "was",
        "from",
        "into",
        "their",
        "its",
        "you",
        "your",
        "they",
        "them",
        "but",
        "since",
        "today",
        "morning",
        "please",
        "help",
        "hello",
        "dear",
        "thanks",
        "thank",
        "issue",
        "issues",
        "problem",
        "problems",
        "error",
        "errors",
        "service",
        "services",
        "microsoft",
        "office365",
        "365",
        "online",
        "unable",
        "using",
        "working",
        "work",
        "works",
        "does",
        "doesn't",
        "don't",
        "won't",
        "isn't",
        "via",
        "use",
        "used",
        "how",
        "what",
        "why",
        "still",
        "again",
        "just",
        "get",
        "gets",
        "got",
        "one",
        "two",
        "see",
        "seeing",
        "intermittent",
        "intermittently",
        "impact",
        "impacted",
        "affected",
        "experience",
        "experiencing",
        "some",
        "within",
        "other",
        "more",
        "than",
        "also",
        "being",
        "new",
    ]
)
# Names of services that people as often use for something else: alone they prove little.
_WEAK = frozenset(("meeting", "meetings", "office", "word", "excel", "license", "licenses", "subscription", "label"))
# Words that name no customer and no person, so that they may be shown to who does not see the ticket.
KNOWN_WORDS = frozenset(_SAME.values())
_CHINESE = sorted((word for word in {**_SAME} if ord(word[0]) > 0x2E80), key=len, reverse=True)
_WORD = re.compile(r"[a-z][a-z0-9'-]{2,}")
_JOINED = (
    ("sign in", "signin"),
    ("sign-in", "signin"),
    ("signing in", "signin"),
    ("log in", "signin"),
    ("logging in", "signin"),
    ("power bi", "powerbi"),
    ("power apps", "powerapps"),
    ("azure ad", "azuread"),
    ("admin center", "admincenter"),
    ("cloud pc", "cloudpc"),
    ("windows 365", "windows365"),
    ("to do", "todo"),
)


@lru_cache(maxsize=4096)
def meanings_of(text: str) -> frozenset[str]:
    """The words of a text that say something, each as the one that stands for all its forms."""
    folded = text.casefold()
    for many, one in _JOINED:
        folded = folded.replace(many, one)
    found = {_SAME.get(word, word) for word in _WORD.findall(folded) if word not in _EMPTY}
    found |= {_SAME[word] for word in _CHINESE if word in folded}
    return frozenset(found - _EMPTY)


@lru_cache(maxsize=4096)
def services_meant(text: str, *, surely: bool = False) -> frozenset[str]:
    """Parts of Microsoft's names of the services that the text speaks of; `surely` leaves weak names out."""
    folded = text.casefold()
    for many, one in _JOINED:
        folded = folded.replace(many, one)
    words = set(_WORD.findall(folded)) - (_WEAK if surely else frozenset())
    return frozenset(
        service
        for service, names in SERVICE_WORDS.items()
        if any((name in words) if name.isascii() else (name in folded) for name in names)
    )


@lru_cache(maxsize=256)
def names_of(service_name: str) -> frozenset[str]:
    """The meanings that only name this service, and so say nothing of what is wrong with it."""
    folded = service_name.casefold()
    names = [name for part, names in SERVICE_WORDS.items() if part in folded for name in names]
    return frozenset().union(*map(meanings_of, names)) if names else frozenset()
