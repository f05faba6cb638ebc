"""See ../../__init__.py."""

from typing import Generic, TypeVar

T = TypeVar("T")


class DataLoader(Generic[T]):
    """The rows of a data set one by one, in their order."""

    def __init__(self, dataset, batch_size=1, shuffle=False, collate_fn=None, **_others):
        if batch_size != 1 or shuffle:
            raise ValueError("this stand-in for torch has neither batches nor shuffling")
        self.dataset = dataset
        self.collate_fn = collate_fn or (lambda batch: batch[0])

    def __iter__(self):
        for row in self.dataset:
            yield self.collate_fn([row])
