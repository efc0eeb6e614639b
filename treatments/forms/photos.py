"""What is sent about photos: files with their views, marks, consent, downloads, which two days to compare."""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.clock import resolve_local
from clinic.forms import choices
from treatments.vocabulary import MarkShape, PhotoUse, PhotoView
from treatments.words import SHAPE_WORDS, USE_WORDS, VIEW_WORDS

ACCEPTED = "image/jpeg,image/png,image/webp"
MOST_FILES = 24


class PhotoForm(forms.Form):
    """One view."""

    view = forms.ChoiceField(label=_("View"), choices=choices(PhotoView, VIEW_WORDS))
    photo = forms.FileField(label=_("Photo"), help_text=_("JPEG, PNG or WebP, at most 15 MB."))


class PhotosForm(forms.Form):
    """Photos of one day: a file for each view, and any number of files whose views are named beside them in `views`."""

    taken_on = forms.DateField(label=_("Taken on"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, today: date, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.zone = today, zone
        for view in PhotoView:
            name = f"photo_{view}"
            widget = forms.ClearableFileInput(attrs={"accept": ACCEPTED})
            self.fields[name] = forms.FileField(label=str(VIEW_WORDS[view]), required=False, widget=widget, allow_empty_file=True)
        self.fields["taken_on"].widget.attrs |= {"max": today.isoformat()}

    def file_fields(self) -> list[forms.BoundField]:
        """The six inputs, in their usual order."""
        return [self[f"photo_{view}"] for view in PhotoView]

    def clean_taken_on(self) -> date:
        """Empty is today; a photo can't be of a day to come."""
        day: date = self.cleaned_data["taken_on"] or self.today
        if day > self.today:
            raise forms.ValidationError(_("This day is still to come."))
        return day

    def clean(self) -> dict[str, Any]:
        """Every file has its view, and there is one at least."""
        cleaned = super().clean() or {}
        loose, views = self._sent_lists()
        known = {view.value for view in PhotoView}
        if len(views) != len(loose) or not set(views) <= known:
            self.add_error(None, _("Choose the view of each file."))
        cleaned["loose"] = list(zip(views, loose, strict=False))
        amount = len(loose) + sum(bool(cleaned.get(f"photo_{view}")) for view in PhotoView)
        if amount == 0 and not self.errors:
            self.add_error(None, _("Choose a photo first."))
        if amount > MOST_FILES:
            self.add_error(None, _("Send at most 24 photos at once."))
        return cleaned

    def _sent_lists(self) -> tuple[list[Any], list[str]]:
        files, data = self.files, self.data
        if not (isinstance(files, MultiValueDict) and isinstance(data, QueryDict)):
            return [], []
        return files.getlist("photos"), [str(name) for name in data.getlist("views")]

    def sent(self) -> Iterator[tuple[PhotoView, Any]]:
        """Each file with its view."""
        for view in PhotoView:
            if self.cleaned_data.get(f"photo_{view}") is not None:
                yield view, self.cleaned_data[f"photo_{view}"]
        for name, file in self.cleaned_data["loose"]:
            yield PhotoView(name), file

    def taken_at(self, now: datetime) -> datetime:
        """Now, or noon of an earlier day."""
        day = self.cleaned_data["taken_on"]
        return now if day == self.today else resolve_local(day, time(12), str(self.zone))


class AnnotationForm(forms.Form):
    """A mark; places in thousandths of the picture."""

    shape = forms.ChoiceField(label=_("Shape"), choices=choices(MarkShape, SHAPE_WORDS))
    text = forms.CharField(label=_("What it shows"), max_length=200, error_messages={"required": _("Write what the mark shows.")})
    x = forms.IntegerField(label=_("From the left, ‰"), min_value=0, max_value=1000, initial=400)
    y = forms.IntegerField(label=_("From the top, ‰"), min_value=0, max_value=1000, initial=400)
    x2 = forms.IntegerField(label=_("To the right edge, ‰"), min_value=0, max_value=1000, initial=600)
    y2 = forms.IntegerField(label=_("To the lower edge, ‰"), min_value=0, max_value=1000, initial=600)


class DownloadForm(forms.Form):
    """Why a photo leaves the house."""

    use = forms.ChoiceField(label=_("For"), choices=[("patient", _("The patient, who asked for it")), *choices(PhotoUse, USE_WORDS)])
    reason = forms.CharField(label=_("Reason"), max_length=300, error_messages={"required": _("Give the reason.")})

    def level(self) -> PhotoUse | None:
        """The level of consent that is needed; nothing for the patient's own wish."""
        use = self.cleaned_data["use"]
        return None if use == "patient" else PhotoUse(use)


class GiveConsentForm(forms.Form):
    """A signature under the wording that was shown."""

    sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput)
    signed_name = forms.CharField(label=_("Full name of the patient"), max_length=160, error_messages={"required": _("Type the full name to sign.")})
    on_paper = forms.BooleanField(label=_("Signed on paper; typed in by staff"), required=False)


class WithdrawConsentForm(forms.Form):
    """A reason is welcome, never asked for."""

    reason = forms.CharField(label=_("Reason, if one was given"), max_length=300, required=False)


class CompareForm(forms.Form):
    """Two days and a view, out of what there is; anything else falls back to the day of the baseline and the last day."""

    view = forms.ChoiceField(choices=choices(PhotoView, VIEW_WORDS), required=False)
    first = forms.DateField(required=False)
    second = forms.DateField(required=False)

    def __init__(self, data: Any, *, days: list[date], baseline: date | None) -> None:
        super().__init__(data)
        self.days = days
        self.baseline = baseline if baseline in days[1:] else days[-1]  # where the last day is the baseline, the oldest one stands beside it

    def chosen(self) -> tuple[date, date]:
        """Two of the days with photos, the earlier first."""
        self.is_valid()
        asked = [self.cleaned_data.get(name) for name in ("first", "second")]
        first = asked[0] if asked[0] in self.days else self.baseline
        second = asked[1] if asked[1] in self.days else self.days[0]
        return (first, second) if first <= second else (second, first)

    def view_or(self, other: PhotoView) -> PhotoView:
        """The view that was asked for."""
        self.is_valid()
        name: str | Promise = self.cleaned_data.get("view") or other
        return PhotoView(str(name))


class TakeForm(forms.Form):
    """Where the photos belong: a session of this patient, or none."""

    session = forms.UUIDField(required=False)
