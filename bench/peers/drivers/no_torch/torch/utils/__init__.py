"""See ../__init__.py."""

from . import data
