"""Proposed wordings of the photo consent, a level and language each. A clinician confirms them; a clinic publishes its own versions.

The Spanish ones are unreviewed: a clinician who reads Spanish must read them before anybody signs (decision 0044).
"""

from treatments.vocabulary import PhotoUse

VERSION = "2026-11-27 proposed"
# wordings proposed before: who signed one keeps it, and nobody signs it any more. The first one said that only the clinicians who treat somebody see their
# photos; every clinician of the clinic may open them, and a blinded reading shows them to one who did not treat
SUPERSEDED = ("2026-11 proposed",)
ENGLISH: dict[PhotoUse, str] = {
    PhotoUse.RECORD: (
        "We take photos of your scalp to see how the treatment works. They belong to your medical record. The clinicians of this clinic can "
        "see them. Sometimes one who has not treated you is shown two of them without your name, and says how much has changed. They are stored encrypted. "
        "You may say no, and you may change your mind at any time. Then we take no more photos, and show none without your name to be compared. "
        "Photos that are part of your record already stay there as long as the law asks us to keep it."
    ),
    PhotoUse.TEACHING: (
        "We may show your photos to colleagues and students of this clinic, to teach. Your name is never shown. People who know you might still "
        "recognise you. You may say no, and you may change your mind at any time. Then we stop showing them. It does not change how we treat you."
    ),
    PhotoUse.PUBLICATION: (
        "We may publish your photos outside this clinic, for example in a medical journal or on our website. Your name is never shown. People who "
        "know you might still recognise you. What has been published can't be called back everywhere. You may say no, and you may change your mind "
        "at any time. Then we publish them nowhere new, and take them down where we can. It does not change how we treat you."
    ),
}
SPANISH: dict[PhotoUse, str] = {
    PhotoUse.RECORD: (
        "Hacemos fotos de su cuero cabelludo para ver cómo actúa el tratamiento. Forman parte de su historia clínica. Pueden verlas los profesionales que "
        "tratan a pacientes en esta clínica. A veces uno que no le ha tratado ve dos de ellas sin su nombre y dice cuánto ha cambiado. Se guardan cifradas. Puede "
        "decir que no, y puede cambiar de opinión en cualquier momento. Entonces no haremos más fotos ni mostraremos ninguna sin su nombre para compararla. "
        "Las fotos que ya forman parte de su historia se quedan en ella mientras la ley nos obligue a guardarla."
    ),
    PhotoUse.TEACHING: (
        "Podemos mostrar sus fotos a colegas y estudiantes de esta clínica, para enseñar. Nunca se muestra su nombre. Quien le conoce podría reconocerle "
        "a pesar de todo. Puede decir que no, y puede cambiar de opinión en cualquier momento. Entonces dejaremos de mostrarlas. Eso no cambia cómo le tratamos."
    ),
    PhotoUse.PUBLICATION: (
        "Podemos publicar sus fotos fuera de esta clínica, por ejemplo en una revista médica o en nuestra página web. Nunca se muestra su nombre. Quien le "
        "conoce podría reconocerle a pesar de todo. Lo que ya se ha publicado no se puede retirar de todas partes. Puede decir que no, y puede cambiar de "
        "opinión en cualquier momento. Entonces no las publicaremos en ningún sitio nuevo y las retiraremos de donde podamos. Eso no cambia cómo le tratamos."
    ),
}
TEXTS: dict[str, dict[PhotoUse, str]] = {"en": ENGLISH, "es": SPANISH}
