"""Stands in for torch where a client uses only its data loader: guidellm loads prompts by it.

The real package is gigabytes of GPU libraries. Nothing here runs while requests are in flight.
"""

from . import nn, utils


class Tensor:
    """Only a name in annotations."""


class Generator:
    """Takes a seed; nothing is shuffled."""

    def manual_seed(self, seed):
        self.seed = seed
        return self
