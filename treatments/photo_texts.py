"""Proposed wordings of the photo consent, a level each. A clinician confirms them; a clinic publishes its own versions."""

from treatments.vocabulary import PhotoUse

VERSION = "2026-11 proposed"
TEXTS: dict[PhotoUse, str] = {
    PhotoUse.RECORD: (
        "We take photos of your scalp to see how the treatment works. They belong to your medical record. Only the clinicians who treat you "
        "see them. They are stored encrypted. You may say no, and you may change your mind at any time. Then we take no more photos. "
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
