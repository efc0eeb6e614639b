"""What patient links of this app are for. Registered when the app becomes ready."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from clinic import links

CHECK_IN = "check_in"
AFTERCARE = "aftercare"


def register() -> None:
    """Make both purposes known to the house."""
    links.register(
        links.Purpose(
            name=CHECK_IN,
            words=_("A few questions from the clinic. It takes about a minute."),
            target="aftercare_links:check_in",
            lifetime=timedelta(days=7),
            consume="once",
        )
    )
    links.register(
        links.Purpose(
            name=AFTERCARE,
            words=_("Something to read from the clinic."),
            target="aftercare_links:instructions",
            lifetime=timedelta(days=14),
        )
    )
