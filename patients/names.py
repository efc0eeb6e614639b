"""How names and phone numbers are made comparable. Pure."""

import re
import unicodedata


def plain(text: str) -> str:
    """Lower case without accents, for searching: `Núñez` → `nunez`."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def digits(phone: str) -> str:
    """The last ten digits: country code and leading nought don't matter when searching."""
    return re.sub(r"\D", "", phone)[-10:]


def searchable(family: str, given: str, preferred: str) -> str:
    """How a person is found: family, given and preferred name, plain."""
    return plain(f"{family} {given} {preferred}").strip()[:400]
