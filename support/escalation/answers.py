"""What the decision table can answer, in words."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from support.models import Escalation, SupportPlan


class Who(models.TextChoices):
    US = "US", _("We file it")
    PROVIDER = "PROVIDER", _("Our indirect provider files it")
    OTHER_PARTNER = "OTHER_PARTNER", _("The partner who sold it files it")
    CUSTOMER = "CUSTOMER", _("The customer files it")
    PUBLISHER = "PUBLISHER", _("The product's publisher supports it")
    NOBODY_YET = "NOBODY_YET", _("Not known yet")


class Where(models.TextChoices):
    AZURE_API = "AZURE_API", _("Azure Support, by this portal")
    AZURE_PORTAL = "AZURE_PORTAL", _("Azure portal, in the customer's context")
    M365_ADMIN = "M365_ADMIN", _("Microsoft 365 admin center, in the customer's context")
    POWER_PLATFORM = "POWER_PLATFORM", _("Power Platform admin center, in the customer's context")
    PARTNER_CENTER = "PARTNER_CENTER", _("Partner Center")
    CHINA_PARTNER_CENTER = "CHINA_PARTNER_CENTER", _("21Vianet's Partner Center")
    PROVIDER = "PROVIDER", _("The provider's own form")
    OTHER_PARTNER = "OTHER_PARTNER", _("At the other partner")
    CUSTOMER = "CUSTOMER", _("The customer's own admin center")
    PUBLISHER = "PUBLISHER", _("The publisher's own way")
    NOWHERE = "NOWHERE", _("Nowhere yet")


WAY_OF = {
    Where.AZURE_API: Escalation.Way.AZURE_API,
    Where.AZURE_PORTAL: Escalation.Way.DEEP_LINK,
    Where.M365_ADMIN: Escalation.Way.DEEP_LINK,
    Where.POWER_PLATFORM: Escalation.Way.DEEP_LINK,
    Where.PARTNER_CENTER: Escalation.Way.PARTNER_CENTER,
}
# The keys of the portal's catalog of links under which the page to file on is found.
LINK_OF = {
    Where.AZURE_API: "azure-ticket",
    Where.AZURE_PORTAL: "azure-ticket",
    Where.M365_ADMIN: "m365-ticket",
    Where.POWER_PLATFORM: "power-platform",
    Where.PARTNER_CENTER: "partner-center",
    Where.CHINA_PARTNER_CENTER: "partner-center",
}


class Plan(models.TextChoices):
    PREMIER = "PREMIER", SupportPlan.Kind.PREMIER.label
    ADVANCED = "ADVANCED", SupportPlan.Kind.ADVANCED.label
    PARTNER_CLOUD = "PARTNER_CLOUD", SupportPlan.Kind.PARTNER_CLOUD.label
    AZURE_PRODIRECT = "AZURE_PRODIRECT", SupportPlan.Kind.AZURE_PRODIRECT.label
    AZURE_STANDARD = "AZURE_STANDARD", SupportPlan.Kind.AZURE_STANDARD.label
    CSP_INCLUDED = "CSP_INCLUDED", _("What comes with Cloud Solution Provider")
    PROVIDER_PLAN = "PROVIDER_PLAN", _("The provider's plan")
    NONE_NEEDED = "NONE_NEEDED", _("No plan needed")
    NOT_OURS = "NOT_OURS", _("None of ours")
    MISSING = "MISSING", _("A plan is missing")


class Cost(models.TextChoices):
    NOTHING = "NOTHING", _("Nothing")
    PLAN_FEE = "PLAN_FEE", _("Covered by the plan's fee")
    BENEFIT = "BENEFIT", _("One incident of the benefit")
    FEE = "FEE", _("A fee, which benefits may cover")
    THEIR_TERMS = "THEIR_TERMS", _("By their terms")
    PLAN_TO_BUY = "PLAN_TO_BUY", _("A plan has to be bought")
    UNKNOWN = "UNKNOWN", _("Not known")


class RolePresent(models.TextChoices):
    """Whether any of us could open a request at the customer, by what is known of our delegated access."""

    YES = "YES", _("Yes")
    NO = "NO", _("No")
    UNKNOWN = "UNKNOWN", _("Not known")


ANSWERS: dict[str, type[models.TextChoices]] = {"who": Who, "where": Where, "plan": Plan, "cost": Cost}
