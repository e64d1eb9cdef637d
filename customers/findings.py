"""What a check of a connection found."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was checked: fine, broken, or (None) worth knowing."""

    name: str
    ok: bool | None
    sentence: str
    how_to_mend: str = ""
