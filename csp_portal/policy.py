"""What a browser may do with our pages: load from us alone, run only what carries this answer's nonce."""

from csp.constants import NONCE

DIRECTIVES = {
    "default-src": ["'none'"],
    "script-src": [NONCE],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "manifest-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "object-src": ["'none'"],
    "frame-ancestors": ["'none'"],
    # htmx and idiomorph parse our answers from strings: frontend/src/trusted.js lets HTML through, scripts never.
    "require-trusted-types-for": ["'script'"],
    "trusted-types": ["default"],
}
# The browser's devices are none of a portal's business; passkeys and "copy" buttons are ours alone.
_NOBODY = (
    *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone"),
    *("midi", "payment", "usb", "serial", "hid", "screen-wake-lock", "xr-spatial-tracking"),
)
_OURS = ("clipboard-write", "fullscreen", "publickey-credentials-create", "publickey-credentials-get")
PERMISSIONS_POLICY = ", ".join([f"{name}=()" for name in _NOBODY] + [f"{name}=(self)" for name in _OURS])
