"""People of one journey alone. What another journey does to the demo's patients does not matter to them, nor do the day and the hour."""

import itertools
from typing import Any

from tests.journeys.conftest import Clinic

_GIVEN = ("Alba", "Bruno", "Clara", "Dario", "Edda", "Felix", "Gerda", "Hanno", "Ilse", "Jonas", "Karla", "Leo", "Marta", "Nils", "Olga", "Pius")
_COUNT = itertools.count()

# Declares nothing that needs a clinician, a reason or another depth; nothing holds them.
NOT_THROUGH = (
    "(SELECT count(*) FROM treatments_treatmentsession s JOIN treatments_course c ON c.id = s.course_id WHERE c.patient_id = p.id AND c.ended_at IS NULL) "
    "< (SELECT c.planned_sessions FROM treatments_course c WHERE c.patient_id = p.id AND c.ended_at IS NULL)"
)
UNTROUBLED = (
    "EXISTS (SELECT 1 FROM patients_intake i WHERE i.patient_id = p.id AND i.state <> 'draft' AND i.answers->>'blood_thinner' = 'none' "
    "AND NOT i.answers ? 'allergies' AND coalesce(i.answers->>'psoriasis', '') <> 'history_clear') "
    "AND NOT EXISTS (SELECT 1 FROM patients_hold h WHERE h.patient_id = p.id AND h.released_at IS NULL)"
)


def copy_row(clinic: Clinic, table: str, pk: int, changes: dict[str, str], *values: Any) -> int:
    """One more row like that one, but for some columns (SQL by name). Returns its key."""
    columns = [row[0] for row in clinic.rows("SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'id'", table)]
    named = ", ".join(f'"{name}"' for name in columns)
    taken = ", ".join(changes.get(name, f'"{name}"') for name in columns)
    return int(clinic.rows(f"INSERT INTO {table} ({named}) SELECT {taken} FROM {table} WHERE id = %s RETURNING id", *values, pk)[0][0])


def clear_patient(clinic: Clinic) -> tuple[Any, ...]:
    """Somebody new whom nothing stops, with answers and consent, without visit or session: uuid, family name, date of birth, address, given name."""
    pattern = clinic.rows(
        f"SELECT p.id, i.id, c.id FROM patients_patient p JOIN patients_intake i ON i.patient_id = p.id AND i.state = 'submitted' AND i.answered_by = 'patient' "
        f"JOIN patients_consent c ON c.patient_id = p.id AND c.withdrawn_at IS NULL WHERE {UNTROUBLED} AND p.mail_mode = 'full' AND p.language = 'en' "
        "AND NOT p.do_not_contact AND p.deceased_on IS NULL AND p.merged_into_id IS NULL ORDER BY p.number LIMIT 1"
    )  # fmt: skip
    patient, intake, consent = pattern[0]
    number, fresh = next(_COUNT), {"uuid": "gen_random_uuid()"}
    given, family = _GIVEN[number % len(_GIVEN)], f"Frisch{chr(97 + number // len(_GIVEN) % 26)}{chr(97 + number % 26)}"
    address = f"{given}.{family}@patients.example".lower()
    named = {
        "number": "nextval('patients_number')", "given_name": f"'{given}'", "family_name": f"'{family}'", "search_name": f"'{family.lower()} {given.lower()}'",
        "email": f"'{address}'", "phone": "''", "phone_digits": "''", "birth_on": f"date '1971-01-01' + {number * 17}", "form_key": "NULL", "created_at": "now()",
    }  # fmt: skip
    made = copy_row(clinic, "patients_patient", patient, fresh | named)
    copy_row(clinic, "patients_intake", intake, fresh | {"patient_id": str(made), "link_uuid": "NULL"})
    copy_row(clinic, "patients_consent", consent, fresh | {"patient_id": str(made), "signed_name": f"'{given} {family}'"})
    return clinic.rows("SELECT uuid, family_name, birth_on, email, given_name FROM patients_patient WHERE id = %s", made)[0]


def visit_ahead(clinic: Clinic, *, hours: int, hour_between: tuple[int, int] = (0, 23), last: bool = False) -> str:
    """The first (or last) booked visit so far ahead, handed to somebody new: what other journeys record of its patient, a session today
    above all, has nothing to do with it. Its id."""
    patient = clear_patient(clinic)[0]
    mine, site = clinic.rows("SELECT id, site_id FROM patients_patient WHERE uuid = %s", patient)[0]
    visit, uuid = clinic.rows(
        "UPDATE appointments_appointment SET patient_id = %s WHERE id = (SELECT a.id FROM appointments_appointment a WHERE a.state IN ('booked', 'confirmed') "
        "AND a.starts_at > now() + make_interval(hours => %s) AND a.site_id = %s AND extract(hour FROM a.starts_at AT TIME ZONE 'Europe/London') BETWEEN %s AND %s "
        f"ORDER BY a.starts_at {'DESC' if last else ''}, a.id LIMIT 1) RETURNING id, uuid",
        mine, hours, site, *hour_between,
    )[0]  # fmt: skip
    clinic.rows("UPDATE appointments_occupation SET resource_id = %s WHERE appointment_id = %s AND resource_kind = 'patient'", mine, visit)
    return str(uuid)


def due_recall(clinic: Clinic) -> str:
    """A recall that nobody has tried yet, of somebody whom nothing stops and whom a mail reaches."""
    return str(
        clinic.rows(
            "UPDATE appointments_recall SET state = 'due', dismissed_because = '' WHERE id = (SELECT r.id FROM appointments_recall r JOIN patients_patient p ON p.id = r.patient_id "
            f"WHERE r.state IN ('due', 'contacted', 'dismissed') AND {UNTROUBLED} AND {NOT_THROUGH} AND r.opens_on <= current_date AND p.email <> '' AND p.mail_mode = 'full' AND NOT p.do_not_contact "
            "AND NOT EXISTS (SELECT 1 FROM clinic_suppression s WHERE lower(s.address) = lower(p.email) AND s.lifted_at IS NULL) "
            "ORDER BY r.closes_on DESC, r.id LIMIT 1) RETURNING uuid"
        )[0][0]
    )
