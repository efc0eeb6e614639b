"""Finding people: search that forgives, and likely duplicates before anything is saved."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Q, QuerySet
from django.db.models.functions import Upper

from clinic.audit import Actor
from clinic.permissions import scoped
from patients.models import Patient
from patients.names import digits, plain

_DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d %m %Y", "%d-%m-%Y", "%d %b %Y", "%d %B %Y")


def typed_date(text: str) -> date | None:
    """A date as people type it, day first."""
    for form in _DATES:
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 — only the date is used
        except ValueError:
            continue
    return None


def found_patients(query: str, actor: Actor, limit: int = 50) -> list[Patient]:
    """Up to `limit` patients of the actor's sites by number, date of birth, phone, e-mail or name; typos forgiven.

    Needs two characters at least.
    """
    text = " ".join(query.split())[:100]
    if len(text) < 2:
        return []
    rows = scoped(Patient.objects.current().select_related("site"), actor)
    born = typed_date(text)
    if born:
        return list(rows.filter(birth_on=born)[:limit])
    if re.fullmatch(r"#?\d{5,6}", text):
        return list(rows.filter(number=int(text.lstrip("#")))[:limit])
    if "@" in text:
        return list(rows.annotate(up=Upper("email")).filter(up__startswith=text.upper())[:limit])
    if re.fullmatch(r"[\d\s+()/-]{5,}", text):
        return list(rows.filter(phone_digits__contains=digits(text))[:limit])
    return _by_name(rows, plain(text), limit)


def _by_name(rows: QuerySet[Patient], name: str, limit: int) -> list[Patient]:
    """Every word inside the name first; then, if few, names that sound alike in spelling (trigrams)."""
    inside = Q()
    for word in name.split():
        inside &= Q(search_name__icontains=word)
    found = list(rows.filter(inside).order_by("search_name", "pk")[:limit])
    if len(found) < 5:
        seen = {patient.pk for patient in found}
        near = _alike(rows, name).filter(_is_alike(name)).order_by("-near", "search_name", "pk")[:limit]
        found += [patient for patient in near if patient.pk not in seen]
    return found[:limit]


def _alike(rows: QuerySet[Patient], name: str) -> QuerySet[Any]:
    """With how much of the name is in each row's (`near`), and what the trigram index is made of (`upper`)."""
    return rows.annotate(near=TrigramWordSimilarity(name, "search_name"), upper=Upper("search_name"))


def _is_alike(name: str) -> Q:
    """By the index alone, at the threshold that `clinic/settings.py` sets for every connection (SETTLED 33)."""
    return Q(upper__trigram_word_similar=name.upper())


@dataclass(frozen=True)
class Candidate:
    """Somebody who may be the same person, and what matches."""

    patient: Patient
    matches: tuple[str, ...]


def duplicate_candidates(
    *, given_name: str, family_name: str, birth_on: date | None, phone: str, email: str, actor: Actor
) -> list[Candidate]:
    """Likely the same person, best first: at least two of name, date of birth, phone and e-mail, or a very near name."""
    name = plain(f"{family_name} {given_name}")
    number = digits(phone)
    rows = _alike(scoped(Patient.objects.current(), actor), name)
    same = _is_alike(name) & Q(near__gte=0.6)
    if birth_on:
        same |= Q(birth_on=birth_on, near__gte=0.3)
    if len(number) >= 7:
        same |= Q(phone_digits=number)
    if email:
        same |= Q(email__iexact=email)
    found = [_candidate(row, name, birth_on, number, email) for row in rows.filter(same).order_by("-near", "pk")[:20]]
    strong = [c for c in found if len(c.matches) >= 2 or c.patient.near >= 0.6 or "phone" in c.matches or "e-mail" in c.matches]  # type: ignore[attr-defined]
    return sorted(strong, key=lambda c: -len(c.matches))[:5]


def _candidate(row: Patient, name: str, birth_on: date | None, number: str, email: str) -> Candidate:
    near, same = getattr(row, "near", 0.0), row.search_name == name
    checks = {
        "name": same,
        "or similar name": near >= 0.3 and not same,
        "date of birth": birth_on is not None and row.birth_on == birth_on,
        "phone": len(number) >= 7 and row.phone_digits == number,
        "e-mail": bool(email) and row.email.lower() == email.lower(),
    }
    return Candidate(row, tuple(word for word, holds in checks.items() if holds))
