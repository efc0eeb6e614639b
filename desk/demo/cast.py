"""Who and what is in the demo clinic."""

from clinic.roles import OperatorRole, Role

TIP_GTIN = "09501101020917"  # GS1's own example company
WITHDRAWN_LOT = "W07"  # called back by its maker after a few of it were used
WALL_CODE = "DEMQWALL"  # as if it were printed beside the screen
PASSWORD = "demo-willow-and-stone"  # noqa: S105 — the demo's fixed login; production refuses the demo

STAFF: tuple[tuple[str, str, str, Role, OperatorRole | None], ...] = (
    ("amara@demo.example", "Dr", "Amara Osei", Role.CLINICIAN, OperatorRole.DERMATOLOGIST),
    ("okoro@demo.example", "Nurse", "Ngozi Okoro", Role.CLINICIAN, OperatorRole.NURSE),
    ("lind@demo.example", "Dr", "Henrik Lind", Role.CLINICIAN, OperatorRole.PHYSICIAN),
    ("rosa@demo.example", "", "Rosa Delgado", Role.FRONT_DESK, None),
    ("theo@demo.example", "", "Theo Marsh", Role.FRONT_DESK, None),
    ("max@demo.example", "", "Max Brandt", Role.MANAGER, None),
    ("iris@demo.example", "", "Iris Vale", Role.AUDITOR, None),
)

GIVEN_F = ("Olivia", "Amelia", "Priya", "Chloé", "Zsófia", "Mei", "Fatima", "Grace", "Núria", "Ingrid", "Leila", "Hannah", "Aoife", "Yara")
GIVEN_M = ("Tesfaye", "Oliver", "Jorge", "Arjun", "Kwame", "Łukasz", "Noah", "Samuel", "Diego", "Ahmed", "Finn", "Marco", "Björn", "Ravi")
FAMILY = (
    "Marsh", "Lindqvist", "Abebe", "Ruiz", "Okafor", "Nguyễn", "O'Connor", "Kovács", "Patel", "García", "Schmidt",
    "Haddad", "Novák", "Dupont", "Silva", "Tanaka", "Evans", "Kowalski", "Ibrahim", "Larsen",
)  # fmt: skip

VISIT_TYPES = (
    ("session", "Microneedling session", "session", 45, 10, True, 30, True),
    ("consultation", "First consultation", "consultation", 30, 5, False, 30, False),
    ("review", "Review with photos", "review", 20, 5, False, 20, False),
)

CONSENT_VERSION = "2026-11"
CONSENT = """Scalp microneedling for hair loss

What it is. A device with fine needles makes many small channels in the skin of your scalp. The aim is to help hair grow. The evidence is promising but of low quality, and other treatments are better proven. Nobody can promise a result; it is usually judged after 3 and 6 months.

Off-label use. In the United States no microneedling device is authorised for hair loss. Using one on the scalp is off-label.

Platelet-rich plasma (PRP). Only if we agreed on it: a little of your blood is taken, and its plasma is put on your scalp or injected there. It may not help more than needling alone. Your arm may hurt or bruise.

What is common. Redness, swelling, tenderness, small bleeding spots, itch and flaking for some days. More hair may fall out for some weeks.

What is rare. Infection, lasting dark or light patches, scars, an allergic reaction.

What we ask of you. Tell us about every illness and medicine, and about changes before each visit. Do not stop a blood thinner or any other medicine because of this treatment. Follow the written aftercare.

Your choice. You may say no, and you may stop at any time. It does not change how we treat you otherwise."""

CONSENT_ES = """Microagujas en el cuero cabelludo para la caída del pelo

Qué es. Un aparato con agujas finas hace muchos canales pequeños en la piel del cuero cabelludo. Se busca ayudar a que el pelo crezca. Las pruebas son prometedoras pero de baja calidad, y otros tratamientos están mejor comprobados. Nadie puede prometer un resultado; se suele evaluar después de 3 y 6 meses.

Uso fuera de indicación (off-label). En los Estados Unidos ningún aparato de microagujas está autorizado para la caída del pelo. Usarlo en el cuero cabelludo es un uso fuera de indicación.

Plasma rico en plaquetas (PRP). Solo si lo hemos acordado: se le saca un poco de sangre y su plasma se pone o se inyecta en el cuero cabelludo. Puede que no ayude más que las microagujas solas. El brazo puede doler o ponerse morado.

Qué es frecuente. Enrojecimiento, hinchazón, dolor al tacto, pequeños puntos de sangre, picazón y piel que se pela durante algunos días. Se puede caer más pelo durante algunas semanas.

Qué es raro. Infección, manchas oscuras o claras que duran, cicatrices, una reacción alérgica.

Qué le pedimos. Díganos todas sus enfermedades y medicinas, y los cambios antes de cada cita. No deje un anticoagulante ni ninguna otra medicina por este tratamiento. Siga las instrucciones escritas para después.

Su decisión. Puede decir que no, y puede parar en cualquier momento. Eso no cambia cómo le tratamos en lo demás."""
