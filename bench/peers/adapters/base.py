"""What every client's adapter says about it."""

import json
import os


class Peer:
    """One client. A subclass gives `name`, `command` and `read_result`.

    What its figures mean stands in docs/concepts/accuracy.md.
    """

    name = ""
    api = "chat"  # As our client calls it.

    def command(self, url, load, folder):
        """The words of the command line; results go into `folder`."""
        raise NotImplementedError

    def environment(self, load):
        """Variables besides those of child.environment."""
        return {}

    def read_result(self, folder, load):
        """The client's own figures as a Record."""
        raise NotImplementedError

    def skipped(self, load):
        """Requests that the client sends first and does not count."""
        return load.warmups

    def counted(self, folder):
        """The ids of the requests that count, where the client tells them; else None."""


def read_json(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)
