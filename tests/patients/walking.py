"""Walking through the intake with Django's client: a phone behind the link, and healthy answers."""

import re
from typing import Any

from django.test import Client
from django.utils import timezone

from clinic import links
from clinic.models import Link
from patients.models import Patient

HEALTHY: dict[str, dict[str, Any]] = {
    "about": {"interpreter_needed": "no"},
    "hair": {"diagnosis": "androgenetic_alopecia", "rows": ["none"]},
    "pattern": {"hair_pattern": "crown"},
    "sun": {"fitzpatrick": "II"},
    "pregnancy": {"pregnancy": "no", "rows": ["none"]},
}
NONE = {"rows": ["none"]}


def phone(patient: Patient) -> Client:
    """Behind the newest intake link of the patient, after the date of birth."""
    link = Link.objects.filter(patient_uuid=patient.uuid, purpose="intake").latest("pk")
    client, born = Client(), patient.birth_on
    client.post("/l/" + links.mint_token(link, at=timezone.now()) + "/", {"day": born.day, "month": born.month, "year": born.year})
    return client


def walk(client: Client, given: dict[str, dict[str, Any]] | None = None, *, most: int = 40) -> list[str]:
    """Answer every screen, healthy unless `given` says otherwise, up to the review. Names of the screens passed."""
    passed: list[str] = []
    answer = client.get("/l/intake/", follow=True)
    for _step in range(most):
        found = re.search(r"/l/intake/([\w-]+)/$", answer.request["PATH_INFO"])
        assert found, answer.request["PATH_INFO"]
        name = found.group(1)
        if name in {"review", "later", "consent", "done"}:
            return passed
        passed.append(name)
        typed = (given or {}).get(name) or HEALTHY.get(name) or NONE
        answer = client.post(f"/l/intake/{name}/", typed, follow=True)
        assert answer.status_code == 200, (name, re.findall(r"invalid-feedback[^>]*>([^<]*)", answer.content.decode()))
    raise AssertionError(f"no end after {passed}")


def text_shown(client: Client, path: str = "/l/intake/consent/") -> dict[str, str]:
    """The hash of the consent text on this page, as its form sends it back; nothing where no text is in force."""
    return dict(re.findall(r'name="(sha256)" value="([0-9a-f]{64})"', client.get(path).content.decode()))


def sign(client: Client, name: str = "Ana Ruiz", **more: Any) -> Any:
    """Consent, and sending."""
    typed = {"choice": "agree", "off_label_understood": "on", "agree": "on", "signed_name": name} | text_shown(client) | more
    return client.post("/l/intake/consent/", typed, follow=True)
