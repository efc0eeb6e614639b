"""What waits for a clinician's judgement: a change that was told and nobody has looked at, and answers that nobody has read, with something to review or words of the patient's own."""

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from clinic.audit import Actor
from clinic.permissions import scoped
from patients.models import Intake, Patient, Rescreen, Screening
from patients.selectors.words import TOLD
from patients.vocabulary import IntakeState

_SENT = (IntakeState.SUBMITTED, IntakeState.REVIEWED)
_NOT_POSSIBLE = "ABSOLUTE"  # nothing here is lifted by a clinician (SETTLED 4)
_IN_ANSWERS = ("free_text", "blood_thinner_name", "infection_type", "psoriasis_treatment", "eczema_treatment", "keloid_site")
_IN_NOTES = r'"(hope|\w+_words)": "\s*[^"\s]'  # as PostgreSQL writes them, all notes at once; names and languages stand with the patient
_HERE = Q(patient__deceased_on=None, patient__merged_into=None)


def changes_to_look_at(actor: Actor) -> QuerySet[Rescreen]:
    """“Something changed”, by link or on arrival, not looked at yet (S01); the oldest first."""
    return scoped(Rescreen.objects.filter(_HERE, changed=True, reviewed_at=None), actor).select_related("patient__site").order_by("at", "pk")


def answers_to_look_at(actor: Actor) -> QuerySet[Intake]:
    """Each patient's newest answers, where no clinician has read them and the last screening has a REVIEW, or the clinic knows
    more than the patient said (decisions 0047, 0048), or the patient wrote something in their own words; the oldest first.

    Once every REVIEW is cleared the screening that follows has none. ABSOLUTE is left out, but for what the list says otherwise
    and for words: no rule reads these. Those of earlier answers wait too, until newer ones have been read: the page shows what they replaced.
    """
    return scoped(_unread().filter(_HERE), actor).select_related("patient__site").order_by("submitted_at", "pk")


def unread_answers(patient: Patient) -> Intake | None:
    """The same for one patient."""
    return _unread(Q(patient=patient)).first()


def _unread(whose: Q | None = None) -> QuerySet[Intake]:
    """Of everybody, or of `whose`: words are looked for among those alone."""
    whose = whose or Q()
    newer = Intake.objects.filter(patient=OuterRef("patient"), state__in=_SENT).order_by("-submitted_at", "-pk")
    last = Screening.objects.filter(patient=OuterRef("patient")).order_by("-at", "-pk")
    waits = Screening.objects.filter(pk=OuterRef("screening"), triggers__contains=[{"class": "REVIEW"}]).exclude(overall=_NOT_POSSIBLE)
    rows = Intake.objects.filter(whose, state=IntakeState.SUBMITTED).annotate(screening=Subquery(last.values("pk")[:1]))
    return rows.filter(Exists(waits) | Q(extras__has_key=TOLD) | Q(patient__in=_with_words().filter(whose).values("patient")), pk=Subquery(newer.values("pk")[:1]))


def _with_words() -> QuerySet[Intake]:
    """Answers with words of the patient's own, where no clinician has read them or newer ones."""
    words = Q(extras__notes__regex=_IN_NOTES)
    for key in _IN_ANSWERS:
        words |= Q(**{f"answers__{key}__regex": r"\S"})
    read = Intake.objects.filter(patient=OuterRef("patient"), state=IntakeState.REVIEWED, submitted_at__gte=OuterRef("submitted_at"))
    return Intake.objects.filter(words, ~Exists(read), state=IntakeState.SUBMITTED)


def to_look_at_count(actor: Actor) -> int:
    """How many patients, counted once. Two queries."""
    changed = set(changes_to_look_at(actor).order_by().values_list("patient_id", flat=True))
    return len(changed | set(answers_to_look_at(actor).order_by().values_list("patient_id", flat=True)))
