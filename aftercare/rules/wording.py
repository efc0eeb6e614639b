"""Words that a manager writes into a mail: a closed list of `{names}`, substituted once, never a template. Pure."""

import re
from collections.abc import Mapping

PLACEHOLDERS = (
    "first_name", "clinic", "site", "phone", "emergency_number", "ended",
    "wash_from", "products_from", "minoxidil_from", "sun_from", "sweat_from",
)  # fmt: skip
MOST = 2000
_BRACED = re.compile(r"\{([^{}]*)\}")
_ADDRESS = re.compile(r"https?://|www\.|[\w.+-]+@[\w-]+\.\w", re.I)
_CLAIM = re.compile(r"approved\s+(?:for|to\s+treat)\s+(?:\w+\s+){0,2}hair|aprobad[oa]\s+para\s+(?:\w+\s+){0,3}(?:pelo|cabello)", re.I)


def unknown_names(text: str) -> list[str]:
    """What stands in braces and is not on the list, each once, in order; a lone brace is `{` or `}` (R34)."""
    found = [name for name in _BRACED.findall(text) if name not in PLACEHOLDERS]
    rest = _BRACED.sub("", text)
    found += [brace for brace in "{}" if brace in rest]
    return list(dict.fromkeys(found))


def has_address(text: str) -> bool:
    """Whether it names a web or mail address. Links in our mails are ours alone: others would look like phishing."""
    return bool(_ADDRESS.search(text))


def has_claim(text: str) -> bool:
    """Whether it says “approved for hair loss”, which is never printed (PRODUCT, “What must always hold”, 5)."""
    return bool(_CLAIM.search(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Each known `{name}` replaced once; a value that itself holds braces stays as it is. Unknown names stay too."""
    return _BRACED.sub(lambda found: values.get(found.group(1), found.group(0)), text)


def paragraphs(text: str) -> list[str]:
    """Blank lines part paragraphs; single line ends stay."""
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return [block.strip() for block in blocks if block.strip()]
