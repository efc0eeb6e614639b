"""Every write of this room."""

from patients.services.agreements import (
    SignatureMissing,
    ask_consent,
    place_hold,
    publish_consent_text,
    release_hold,
    sign_consent,
    withdraw_consent,
)
from patients.services.allergies import AllergyEnded, AllergyEntry, AlreadyNoted, end_allergy, note_allergy
from patients.services.answers import (
    AlreadySubmitted,
    AnswersWrong,
    NoAnswers,
    NotLiftable,
    StillAnswering,
    WordingChanged,
    amend_answers,
    clear_finding,
    draft_rescreen,
    keep_typed,
    open_draft,
    record_rescreen,
    review_intake,
    review_rescreen,
    review_wording,
    save_intake_page,
    screen_patient,
    submit_intake,
    withdraw_clearance,
)
from patients.services.brought import MOST_BYTES as MOST_BUNDLE_BYTES
from patients.services.brought import (
    AlreadyDecided,
    BundleWrong,
    Choice,
    NotAcceptable,
    ReadBefore,
    accept_proposal,
    put_aside,
    read_record,
)
from patients.services.consent_texts import (
    NeedsAnother,
    TextMissing,
    TextMoved,
    TextOpen,
    approve_consent_text,
    discard_consent_text,
    propose_consent_text,
    save_consent_text,
    send_back_consent_text,
    start_consent_text,
    text_hash,
)
from patients.services.handed_over import BegunByPatient, hand_over_intake
from patients.services.laboratory import EntryGone, LaboratoryEntry, note_laboratory, take_back_laboratory
from patients.services.links import send_link_again
from patients.services.medicines import (
    MedicineDayWrong,
    MedicineEnded,
    MedicineEntry,
    MedicineNoted,
    MedicineUnknown,
    end_medicine,
    note_medicine,
    place_medicine,
)
from patients.services.paper import PaperDateWrong, open_paper_intake, record_paper_consent
from patients.services.people import (
    BornInFuture,
    DeathDayWrong,
    DeathKnown,
    PersonData,
    change_patient,
    invite_to_intake,
    record_death,
    register_patient,
    register_patients,
    undo_death,
)
from patients.services.preferences import choose_mail

__all__ = [
    "NeedsAnother", "TextMissing", "TextMoved", "TextOpen", "approve_consent_text", "discard_consent_text", "propose_consent_text",
    "save_consent_text", "send_back_consent_text", "start_consent_text", "text_hash",
    "MOST_BUNDLE_BYTES", "AllergyEnded", "AllergyEntry", "AlreadyDecided", "AlreadyNoted", "AlreadySubmitted", "AnswersWrong",
    "BegunByPatient", "BornInFuture", "BundleWrong", "Choice", "NoAnswers", "NotAcceptable", "NotLiftable", "PaperDateWrong",
    "EntryGone", "LaboratoryEntry", "note_laboratory", "take_back_laboratory", "MedicineDayWrong", "MedicineEnded", "MedicineEntry", "MedicineNoted", "MedicineUnknown", "end_medicine", "note_medicine", "place_medicine",
    "DeathDayWrong", "DeathKnown", "PersonData", "ReadBefore", "undo_death", "SignatureMissing", "StillAnswering", "WordingChanged", "accept_proposal",
    "amend_answers", "ask_consent",
    "change_patient", "choose_mail", "send_link_again", "clear_finding", "draft_rescreen", "end_allergy", "hand_over_intake", "invite_to_intake", "keep_typed", "note_allergy", "open_draft", "open_paper_intake", "place_hold", "put_aside",
    "publish_consent_text", "read_record", "record_death", "record_paper_consent", "record_rescreen", "register_patient", "register_patients", "release_hold", "review_intake",
    "review_rescreen", "review_wording", "save_intake_page", "screen_patient", "sign_consent", "submit_intake", "withdraw_clearance",
    "withdraw_consent",
]  # fmt: skip
