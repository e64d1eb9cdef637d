// The policy in our headers (require-trusted-types-for) refuses every text that is turned into markup or script, except
// through this. htmx and idiomorph parse the portal's own answers, so HTML passes; no script and no script's address does.
window.trustedTypes?.createPolicy("default", { createHTML: (html) => html });
