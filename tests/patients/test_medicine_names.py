"""Names of medicines and the answer that each stands for: as RULES 2 asks for them, in English and Spanish, and nothing that says two things."""

import pytest

from patients.rules.exchange.reading import medicine_meaning
from patients.rules.exchange.tables import MEDICINE_WORDS

NAMES: dict[tuple[str, str], str] = {
    ("blood_thinner", "warfarin"): "Warfarin Warfarina Coumadin Jantoven Marevan Aldocumar",
    ("blood_thinner", "doac"): "Apixaban Apixabán Eliquis Rivaroxabán Xarelto Edoxabán Lixiana Savaysa Dabigatrán Pradaxa",
    ("blood_thinner", "antiplatelet"): "Clopidogrel Plavix Iscover Prasugrel Efient Ticagrelor Brilique Brilinta Ticlopidine Ticlopidina Dipyridamole Dipiridamol Triflusal Disgren",
    ("blood_thinner", "heparin"): "Heparin Heparina Enoxaparin Enoxaparina Clexane Lovenox Inhixa Bemiparin Bemiparina Hibor Dalteparin Dalteparina Fragmin Tinzaparin Tinzaparina Innohep Nadroparin Nadroparina Fraxiparin Fraxiparina",
    ("blood_thinner", "other"): "Acenocoumarol Acenocoumarin Acenocumarol Sintrom Phenprocoumon Fenprocumón Marcumar Fluindione Fondaparinux Arixtra",
    ("blood_thinner", "unsure"): "Aspirin Aspirina Acetylsalicylic Acetilsalicílico Adiro",
    ("isotretinoin", "current"): "Isotretinoin Isotretinoína Roaccutane Roacutan Accutane Dercutane Isdiben Acitretin Acitretina Neotigason Soriatane Alitretinoin Alitretinoína Toctino",
    ("systemic_steroid", "current"): "Prednisolone Prednisolona Prednisone Prednisona Dacortin Deltasone Methylprednisolone Metilprednisolona Medrol Urbason Dexamethasone Dexametasona Deflazacort Zamene",
    ("immune_suppression", "yes"): (
        "Methotrexate Metotrexato Ciclosporin Ciclosporina Cyclosporin Cyclosporine Sandimmun Neoral Azathioprine Azatioprina Imurel Imuran Mycophenolate Mycophenolic Micofenolato Micofenólico Cellcept "
        "Tacrolimus Tacrólimus Prograf Advagraf Sirolimus Everolimus Leflunomide Leflunomida Arava Adalimumab Humira Etanercept Enbrel Infliximab Remicade Certolizumab Golimumab Rituximab Tocilizumab "
        "Abatacept Ustekinumab Stelara Tofacitinib Xeljanz Baricitinib Olumiant Upadacitinib Rinvoq Ritlecitinib Litfulo Ibrutinib Imbruvica"
    ),
    ("hair_medicines", "finasteride"): "Finasteride Finasterida Propecia Proscar", ("hair_medicines", "dutasteride"): "Dutasteride Dutasterida Avodart",
    ("hair_medicines", "topical_minoxidil"): "Regaine Rogaine", ("hair_medicines", "oral_minoxidil"): "Loniten Lonoten",
}  # fmt: skip


@pytest.mark.parametrize(("name", "key", "answer"), [(name, *means) for means, names in NAMES.items() for name in names.split()])
def test_a_name_stands_for_its_answer_with_a_dose_behind_it(name: str, key: str, answer: str) -> None:
    for written in (name, f"{name.upper()} 20 mg comprimidos"):
        found = medicine_meaning(written)
        assert found is not None and (found.key, found.answer) == (key, answer)


@pytest.mark.parametrize("name", ["Hydrocortisone cream", "Tretinoin", "Betametasona", "ASA", "AAS", "Paracetamol", "Hydroxychloroquine"])
def test_what_says_two_things_or_nothing_of_ours_is_left_to_people(name: str) -> None:
    assert medicine_meaning(name) is None


@pytest.mark.parametrize(
    ("name", "key", "answer"),
    [
        # two agents in one tablet are two (RULES 2, E07); of the rest the graver counts, whichever stands first
        ("Acetylsalicylic acid/clopidogrel 100 mg/75 mg", "blood_thinner", "two_or_more"), ("Clopidogrel + aspirin", "blood_thinner", "two_or_more"),
        ("Aspirin (acetylsalicylic acid) 75 mg", "blood_thinner", "unsure"), ("Heparin, then warfarin", "blood_thinner", "two_or_more"),
        ("Minoxidil 5% + finasteride 0.1% solution", "hair_medicines", "finasteride"), ("Finasteride / prednisolone", "systemic_steroid", "current"),
        ("Aspirin and isotretinoin", "isotretinoin", "current"),
        # swallowed or on the scalp, in both languages (E42)
        ("Minoxidil 2,5 mg comprimidos", "hair_medicines", "oral_minoxidil"), ("Minoxidil oral 1 mg", "hair_medicines", "oral_minoxidil"), ("Minoxidil 5 mg capsules", "hair_medicines", "oral_minoxidil"),
        ("Minoxidil solución 5%", "hair_medicines", "topical_minoxidil"), ("Minoxidil espuma", "hair_medicines", "topical_minoxidil"), ("Minoxidil", "hair_medicines", "other"),
    ],
)  # fmt: skip
def test_several_names_in_one_are_never_milder_than_the_gravest(name: str, key: str, answer: str) -> None:
    found = medicine_meaning(name)
    assert found is not None and (found.key, found.answer) == (key, answer)


@pytest.mark.parametrize(
    ("name", "dose", "answer"),
    [
        ("minoxidil", "2.5 mg", "oral_minoxidil"), ("Minoxidil", "1 tablet", "oral_minoxidil"), ("minoxidil", "5 mg/day", "oral_minoxidil"), ("Minoxidil 2,5 mg", "", "oral_minoxidil"),
        ("minoxidil", "5%", "topical_minoxidil"), ("Minoxidil", "1 ml (50 mg) twice a day", "topical_minoxidil"), ("minoxidil", "espuma", "topical_minoxidil"), ("Minoxidil 5 %", "", "topical_minoxidil"),
        ("minoxidil", "50 mg/ml, 1 dose", "topical_minoxidil"), ("Minoxidil", "20 mg / mL", "topical_minoxidil"), ("other", "Minoxidil 2.5 mg", "oral_minoxidil"), ("other", "Minoxidil", "other"), ("other", "", "other"), ("minoxidil", "once a day", "other"),
        ("oral minoxidil", "1 ml", "oral_minoxidil"), ("topical minoxidil", "50 mg", "topical_minoxidil"), ("finasteride", "1 mg tablet", "finasteride"),
    ],
)  # fmt: skip
def test_where_minoxidil_goes_is_read_from_its_dose_too(name: str, dose: str, answer: str) -> None:
    """E42 asks for tablets. A clinician writes name and dose in two fields."""
    found = medicine_meaning(name, dose)
    assert found is not None and (found.key, found.answer) == ("hair_medicines", answer)


def test_every_name_of_the_table_is_tested() -> None:
    told = {name for names in NAMES.values() for name in names.casefold().translate(str.maketrans("áíó", "aio")).split()}
    assert set(MEDICINE_WORDS) - {"minoxidil"} <= told
