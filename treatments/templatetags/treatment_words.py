"""Vocabulary values in words for people."""

from django import template

register = template.Library()


@register.filter
def plain(value: object) -> str:
    """`mild_erythema` → `mild erythema`."""
    return str(value or "").replace("_", " ")
