"""What made-up customers ask for, in English and Chinese."""

from dataclasses import dataclass

from support.models import Family


@dataclass(frozen=True, kw_only=True, slots=True)
class Plot:
    subject: str
    text: str
    family: Family = Family.MICROSOFT_365
    language: str = "en"
    kind: str = "TECHNICAL"


_TEXTS: tuple[tuple[str, str], ...] = (
    ("Outlook asks for the password again and again", "Since this morning, on every computer in our office."),
    ("Mail arrives an hour late", "Our customers call because we do not answer. Message trace shows the delay."),
    ("Teams meeting has no sound", "Nobody hears us, the microphone is recognized and works in other programs."),
    ("Shared mailbox is missing in Outlook", "The calendar of the shared mailbox disappeared as well."),
    ("SharePoint page does not load", "The site shows an error with a correlation id, in every browser."),
    ("OneDrive does not synchronize", "The cloud icon has been gray since the update, files are not uploaded."),
    ("Multi-factor sign-in fails on the new phone", "The authenticator app shows no request, please reset the method."),
    ("New employee needs a license", "Please assign Business Premium and create the mailbox before Monday."),
    ("Calendar shares nothing with colleagues", "They see only busy, although the permissions were given."),
    ("Phishing mail in several mailboxes", "Please remove it everywhere and check who clicked on the link."),
    ("Word crashes when printing", "It closes without a message, the event log names a module."),
    ("External guests cannot open the shared folder", "They get access denied after signing in with their address."),
    ("Conditional access blocks our accountant", "He signs in from abroad this week and needs an exception."),
    ("Restore a deleted mailbox", "Somebody deleted the account of a former colleague, we need the messages."),
    ("Distribution list rejects external senders", "They receive a bounce with the code 550."),
    ("Planner tasks are gone", "The plan is empty since yesterday, the history shows nothing."),
)
_CHINESE: tuple[tuple[str, str], ...] = (
    ("使用者無法登入 Microsoft 365", "今天早上開始，全公司都無法登入，請協助處理。"),
    ("Outlook 一直要求輸入密碼", "更新之後，每次開啟都要重新輸入密碼。"),
    ("Teams 會議沒有聲音", "對方聽不到我們的聲音，麥克風在其他程式可以使用。"),
    ("共用信箱不見了", "同事昨天還可以看到共用信箱，今天就消失了。"),
    ("需要新增授權", "新進員工下週報到，請協助指派授權並建立信箱。"),
    ("SharePoint 網站開啟很慢", "開啟文件需要超過一分鐘，請協助檢查。"),
)
_OTHERS: tuple[tuple[str, str, Family], ...] = (
    ("Virtual machine does not start", "The portal shows allocation failed in our region.", Family.AZURE),
    ("Backup job failed last night", "The vault reports an error for two of our servers.", Family.AZURE),
    ("VPN gateway disconnects every hour", "The tunnel comes back by itself after two minutes.", Family.AZURE),
    ("Costs doubled this month", "Please explain which resource group caused it.", Family.AZURE),
    ("Sales form shows an empty page", "The dashboard works, only opportunities do not open.", Family.DYNAMICS_365),
    ("Invoice cannot be posted", "Posting ends with an error about the number series.", Family.DYNAMICS_365),
)
_COMMERCIAL: tuple[tuple[str, str], ...] = (
    ("Reduce the number of seats at renewal", "We need twelve instead of fifteen from the next term on."),
    ("Invoice shows the wrong amount", "The discount we agreed on is missing."),
    ("Quote for Copilot", "Please send us an offer for ten people."),
)

PLOTS: tuple[Plot, ...] = (
    *(Plot(subject=subject, text=text) for subject, text in _TEXTS),
    *(Plot(subject=subject, text=text, language="zh-hant") for subject, text in _CHINESE),
    *(Plot(subject=subject, text=text, family=family) for subject, text, family in _OTHERS),
    *(
        Plot(subject=subject, text=text, family=Family.PARTNER_CENTER, kind="COMMERCIAL")
        for subject, text in _COMMERCIAL
    ),
)
TAGS = ("vip", "onboarding", "security", "migration", "printer", "phone")
NAMES = ("Kim Lee", "Robin Novak", "Alex Chen", "Sam Weber", "Chris Wu", "Jo Martin", "Toni Huang", "Max Rossi")
ANSWER = "Thank you for your message. We looked into it and changed the setting; please try again and tell us."
