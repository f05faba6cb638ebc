"""See ../../__init__.py."""

from typing import Generic, TypeVar

T = TypeVar("T")


class IterableDataset(Generic[T]):
    """Is iterated over."""
