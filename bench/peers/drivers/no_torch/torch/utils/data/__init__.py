"""See ../../__init__.py."""

from .dataloader import DataLoader
from .dataset import IterableDataset


def get_worker_info():
    """None: no worker processes."""
