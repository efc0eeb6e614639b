"""What another record may say, and which of our answers it suggests. Closed: what does not stand here is shown as text.

A suggestion is never milder than what was said: "psoriasis" without a place becomes *not sure*, which a clinician must look at.
Words are compared as whole words, without accents and case.
"""

from dataclasses import dataclass

from patients.rules.exchange.codes import CONDITIONS as OURS
from patients.rules.exchange.codes import ICD10, ICD10_CM, LOCAL, SNOMED


@dataclass(frozen=True)
class Meaning:
    """`answer` while it lasts, `over` when the file says that it is over; for `many` the answer is added to a list."""

    key: str
    answer: str
    over: str = ""
    since_key: str = ""
    many: bool = False


_PSORIASIS, _SCALP_PSORIASIS = Meaning("psoriasis", "unsure", "unsure"), Meaning("psoriasis", "active_scalp", "scalp_cleared", "psoriasis_scalp_clear_since")
_ECZEMA, _SCALP_ECZEMA = Meaning("eczema", "unsure", "unsure"), Meaning("eczema", "active_scalp", "scalp_cleared", "eczema_scalp_clear_since")
_KELOID, _VITILIGO = Meaning("keloid", "personal", "personal"), Meaning("koebner_disease", "yes", "yes")
_AREATA, _SCARRING = Meaning("alopecia_areata", "yes", "yes"), Meaning("scarring_alopecia", "active", "unsure")
_PATTERN, _TELOGEN = Meaning("diagnosis", "androgenetic_alopecia"), Meaning("diagnosis", "telogen_effluvium")
_TRACTION = Meaning("diagnosis", "traction_alopecia")
_PREGNANT = Meaning("pregnancy", "yes", "possible")

CONDITION_CODES: dict[tuple[str, str], Meaning] = {
    **{(LOCAL, row.local): Meaning(row.key, row.answer, row.answer) for row in OURS},
    **{(SNOMED, code): meaning for meaning, codes in (
        (_PATTERN, ("238726003", "87872006", "1108009")), (_AREATA, ("68225006", "19754005", "86166000", "5860009")),
        (_TELOGEN, ("723005006", "403328001", "403326002")), (_SCARRING, ("717055000", "400088006")), (_TRACTION, ("225056006",)),
        (_SCALP_PSORIASIS, ("238608008",)), (_PSORIASIS, ("9014002",)), (_ECZEMA, ("43116000",)), (_SCALP_ECZEMA, ("402191000",)),
        (_VITILIGO, ("56727007",)), (_KELOID, ("33659008",)), (_PREGNANT, ("77386006",)),
    ) for code in codes},
    **{(system, code): meaning for system in (ICD10, ICD10_CM) for meaning, codes in (
        (_AREATA, ("L63.0", "L63.1", "L63.2", "L63.8", "L63.9")), (_PATTERN, ("L64.0", "L64.8", "L64.9")), (_TELOGEN, ("L65.0",)),
        (_SCARRING, ("L66.0", "L66.1", "L66.2", "L66.3", "L66.4", "L66.8", "L66.9")), (Meaning("keloid", "unsure", "unsure"), ("L73.0",)),
        (Meaning("raised_scar", "yes", "yes"), ("L91.0",)),
    ) for code in codes},
}  # fmt: skip

CONDITION_WORDS: dict[str, Meaning] = {
    **{row.words.casefold(): Meaning(row.key, row.answer, row.answer) for row in OURS},
    **{words: meaning for meaning, all_ in (
        (_PATTERN, ("androgenetic alopecia", "androgenic alopecia", "male pattern hair loss", "female pattern hair loss", "male pattern alopecia", "female pattern alopecia", "alopecia androgenetica")),
        (_AREATA, ("alopecia areata", "alopecia totalis", "alopecia universalis", "alopecia total", "alopecia universal")), (_TELOGEN, ("telogen effluvium", "efluvio telogeno")), (_TRACTION, ("traction alopecia",)),
        (_SCARRING, ("scarring alopecia", "cicatricial alopecia", "frontal fibrosing alopecia", "lichen planopilaris", "alopecia cicatricial", "alopecia frontal fibrosante", "liquen plano pilar")),
        (_SCALP_PSORIASIS, ("psoriasis of scalp", "scalp psoriasis", "psoriasis del cuero cabelludo")), (_PSORIASIS, ("psoriasis", "psoriasis vulgaris", "plaque psoriasis", "psoriasis vulgar", "psoriasis en placas")),
        (_ECZEMA, ("eczema", "atopic dermatitis", "atopic eczema", "eccema", "dermatitis atopica", "eccema atopico")), (_VITILIGO, ("vitiligo", "lichen planus", "liquen plano")),
        (_KELOID, ("keloid", "keloid scar", "keloids", "queloide", "queloides", "cicatriz queloide")), (Meaning("raised_scar", "yes", "yes"), ("hypertrophic scar", "hypertrophic scars", "cicatriz hipertrofica")),
        (Meaning("diabetes", "yes", "yes"), ("diabetes", "diabetes mellitus", "type 1 diabetes", "type 2 diabetes", "type 1 diabetes mellitus", "type 2 diabetes mellitus", "diabetes tipo 1", "diabetes tipo 2", "diabetes mellitus tipo 1", "diabetes mellitus tipo 2")),
        (Meaning("bleeding_disorder", "diagnosed", "diagnosed"), ("haemophilia", "hemophilia", "haemophilia a", "hemophilia a", "von willebrand disease", "thrombocytopenia", "hemofilia", "hemofilia a", "hemofilia b", "haemophilia b", "hemophilia b", "enfermedad de von willebrand", "trombocitopenia")),
        (Meaning("heart_disease", "unsure", "unsure"), ("hypertension", "high blood pressure", "essential hypertension", "hipertension", "hipertension arterial")),
        (Meaning("heart_disease", "heart_disease", "heart_disease"), ("heart failure", "coronary heart disease", "ischaemic heart disease", "ischemic heart disease", "atrial fibrillation", "insuficiencia cardiaca", "cardiopatia isquemica", "fibrilacion auricular")),
        (Meaning("fainting_seizures", "yes", "yes"), ("epilepsy", "vasovagal syncope", "epilepsia", "sincope vasovagal")), (Meaning("liver_disease", "yes", "yes"), ("cirrhosis", "liver disease", "hepatitis b", "hepatitis c", "cirrosis", "cirrosis hepatica")),
        (Meaning("herpes", "active", "past"), ("herpes simplex", "herpes labialis", "herpes zoster", "shingles", "cold sore", "herpes simple", "herpes labial")),
        (Meaning("head_skin_cancer", "unsure", "unsure"), ("basal cell carcinoma", "squamous cell carcinoma of skin", "melanoma", "malignant melanoma", "carcinoma basocelular", "carcinoma epidermoide", "carcinoma espinocelular", "melanoma maligno")),
        (Meaning("head_skin_cancer", "actinic_keratosis", "unsure"), ("actinic keratosis", "queratosis actinica")), (Meaning("immune_suppression", "yes", "unsure"), ("hiv infection", "immunodeficiency", "infeccion por vih", "inmunodeficiencia")),
        (Meaning("poor_healing", "connective_tissue", "connective_tissue"), ("systemic lupus erythematosus", "lupus", "scleroderma", "systemic sclerosis", "lupus eritematoso sistemico", "esclerodermia", "esclerosis sistemica")),
        (Meaning("seborrhoeic_dermatitis", "unsure", "unsure"), ("seborrhoeic dermatitis", "seborrheic dermatitis", "dermatitis seborreica")),
        (Meaning("scalp_infection", "active", "unsure"), ("tinea capitis", "folliculitis of scalp", "scalp folliculitis", "tina de la cabeza", "foliculitis del cuero cabelludo")),
        (Meaning("implanted_device", "yes", "unsure"), ("cardiac pacemaker in situ", "pacemaker", "marcapasos")), (_PREGNANT, ("pregnancy", "pregnant", "embarazo", "embarazada")),
    ) for words in all_},
}  # fmt: skip

# name of a medicine → answer: substances and what they are sold as, in English and Spanish, without accents. Isotretinoin and steroids have an
# answer for "stopped"; others end with the medicine. A name stands here only where it says one thing: hydrocortisone, betamethasone and tretinoin
# are mostly creams, “ASA” and “AAS” are not aspirin alone. Other vitamin K antagonists than warfarin, and fondaparinux, are *another one* (SCHEMA 2.3).
_RETINOID = Meaning("isotretinoin", "current", "stopped", "isotretinoin_stopped_on")  # any oral retinoid (E09)
_STEROID = Meaning("systemic_steroid", "current", "stopped", "systemic_steroid_stopped_on")
_MEDICINES: dict[Meaning, tuple[str, ...]] = {
    _RETINOID: (
        "isotretinoin", "isotretinoina", "roaccutane", "roacutan", "accutane", "dercutane", "isdiben", "acitretin", "acitretina", "neotigason", "soriatane",
        "alitretinoin", "alitretinoina", "toctino",
    ),
    Meaning("blood_thinner", "warfarin"): ("warfarin", "warfarina", "coumadin", "jantoven", "marevan", "aldocumar"),
    Meaning("blood_thinner", "doac"): ("apixaban", "eliquis", "rivaroxaban", "xarelto", "edoxaban", "lixiana", "savaysa", "dabigatran", "pradaxa"),
    Meaning("blood_thinner", "antiplatelet"): (
        "clopidogrel", "plavix", "iscover", "prasugrel", "efient", "ticagrelor", "brilique", "brilinta", "ticlopidine", "ticlopidina", "dipyridamole", "dipiridamol",
        "triflusal", "disgren",
    ),
    Meaning("blood_thinner", "heparin"): (
        "heparin", "heparina", "enoxaparin", "enoxaparina", "clexane", "lovenox", "inhixa", "bemiparin", "bemiparina", "hibor", "dalteparin", "dalteparina",
        "fragmin", "tinzaparin", "tinzaparina", "innohep", "nadroparin", "nadroparina", "fraxiparin", "fraxiparina",
    ),
    Meaning("blood_thinner", "other"): ("acenocoumarol", "acenocoumarin", "acenocumarol", "sintrom", "phenprocoumon", "fenprocumon", "marcumar", "fluindione", "fondaparinux", "arixtra"),
    Meaning("blood_thinner", "unsure"): ("aspirin", "aspirina", "acetylsalicylic", "acetilsalicilico", "adiro"),
    _STEROID: (
        "prednisolone", "prednisolona", "prednisone", "prednisona", "dacortin", "deltasone", "methylprednisolone", "metilprednisolona", "medrol", "urbason",
        "dexamethasone", "dexametasona", "deflazacort", "zamene",
    ),
    Meaning("immune_suppression", "yes"): (
        "methotrexate", "metotrexato", "ciclosporin", "ciclosporina", "cyclosporin", "cyclosporine", "sandimmun", "neoral", "azathioprine", "azatioprina", "imurel", "imuran",
        "mycophenolate", "mycophenolic", "micofenolato", "micofenolico", "cellcept", "tacrolimus", "prograf", "advagraf", "sirolimus", "everolimus", "leflunomide", "leflunomida", "arava",
        "adalimumab", "humira", "etanercept", "enbrel", "infliximab", "remicade", "certolizumab", "golimumab", "rituximab", "tocilizumab", "abatacept", "ustekinumab", "stelara",
        "tofacitinib", "xeljanz", "baricitinib", "olumiant", "upadacitinib", "rinvoq", "ritlecitinib", "litfulo", "ibrutinib", "imbruvica",
    ),
    Meaning("hair_medicines", "finasteride", many=True): ("finasteride", "finasterida", "propecia", "proscar"),
    Meaning("hair_medicines", "dutasteride", many=True): ("dutasteride", "dutasterida", "avodart"),
    Meaning("hair_medicines", "topical_minoxidil", many=True): ("regaine", "rogaine"),
    Meaning("hair_medicines", "oral_minoxidil", many=True): ("loniten", "lonoten"),
    Meaning("hair_medicines", "other", many=True): ("minoxidil",),
}  # fmt: skip
MEDICINE_WORDS: dict[str, Meaning] = {word: meaning for meaning, words in _MEDICINES.items() for word in words}
# of several names in one the first of these questions counts: DEFER, INCOMPLETE, REVIEW, CAUTION; of hair medicines minoxidil last
GRAVEST = ("isotretinoin", "systemic_steroid", "blood_thinner", "immune_suppression", "hair_medicines")
TWO_THINNERS = Meaning("blood_thinner", "two_or_more")
SWALLOWED = frozenset({"oral", "tablet", "tablets", "capsule", "capsules", "pill", "pills", "comprimido", "comprimidos", "capsula", "capsulas", "tableta", "tabletas", "pastilla", "pastillas"})
ON_THE_SCALP = frozenset({"topical", "solution", "foam", "scalp", "lotion", "spray", "topico", "topica", "solucion", "espuma", "locion"})
# what a clinician says of a name that no table knows: the words that stand behind the name from then on, and the answer that they stand for
CHOSEN: dict[str, tuple[str, Meaning]] = {
    "blood_thinner": ("blood thinner", Meaning("blood_thinner", "other")), "isotretinoin": ("oral retinoid", _RETINOID), "systemic_steroid": ("steroid", _STEROID),
    "immune_suppression": ("immune suppressant", Meaning("immune_suppression", "yes")),
    "chemo_radiotherapy": ("chemotherapy", Meaning("chemo_radiotherapy", "current", "past", "chemo_radiotherapy_ended_on")),
}  # fmt: skip
MEDICINE_CODES = {(SNOMED, "48603004"): "warfarin"}

# name of a substance → our kind of allergy; a metal is a question of its own
ALLERGY_WORDS: dict[str, str] = {
    **dict.fromkeys(("lidocaine", "lignocaine", "prilocaine", "tetracaine", "benzocaine", "articaine", "anaesthetic", "anesthetic"), "anaesthetic"),
    **dict.fromkeys(("chlorhexidine", "povidone", "iodine", "antiseptic"), "antiseptic"),
    "latex": "latex", "minoxidil": "minoxidil", "propylene": "propylene_glycol", "paraphenylenediamine": "hair_product", "ppd": "hair_product",
    **dict.fromkeys(("penicillin", "amoxicillin", "sulfonamide", "aspirin", "ibuprofen", "codeine", "cephalosporin"), "medicine"),
}  # fmt: skip
# in English and Spanish; the first that is found counts: the needle is of steel, and steel without more is taken for it
METALS: dict[str, str] = {
    **dict.fromkeys(("stainless", "inoxidable", "steel", "acero"), "stainless_steel"), **dict.fromkeys(("nickel", "niquel"), "nickel"),
    **dict.fromkeys(
        ("cobalt", "cobalto", "chromium", "chromate", "cromo", "cromato", "palladium", "paladio", "titanium", "titanio", "gold", "oro", "mercury", "mercurio", "aluminium", "aluminum", "aluminio"),
        "other_metal",
    ),
    **dict.fromkeys(("metal", "metals", "metales"), "unsure"),
}  # fmt: skip
ALLERGY_CODES = {(SNOMED, "387480006"): "anaesthetic"}

# what says anaphylaxis outright: the disorder in SNOMED CT, and the blocks of ICD-10 (T78.0 food, T78.2 unspecified, T80.5 serum, T88.6 medicine)
ANAPHYLAXIS_CODES = {(SNOMED, "39579001")}
ANAPHYLAXIS_ICD = ("T78.0", "T78.2", "T80.5", "T88.6")
# “anaphylaxis”, “anafilaxia”, “anafiláctico”, “anaphylaxie”, “anafylaxie”: without accents these begin so in the languages that we may be sent
ANAPHYLAXIS_WORDS = ("anaphyla", "anafila", "anafyla")
# what may be part of one: nobody here decides that, a clinician is asked
GRAVE_WORDS = (
    "shock", "choque", "schock", "angioedem", "angioodem", "angiooedem", "quincke", "glottis", "glotis", "laryng", "laring", "bronchosp", "bronchiosp", "broncosp", "broncoesp", "collaps", "colaps",
    "wheez", "sibilan", "breath", "dyspn", "disnea", "dispnea", "respir", "hypotens", "hipotens", "unconscious", "inconscien", "syncop", "sincop", "adrenalin", "epinephrin", "epinefrin",
    "life threatening", "riesgo vital", "potencialmente mortal",
)  # fmt: skip
