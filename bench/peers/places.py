"""Where the peers are kept, and what is pinned."""

import os
import pathlib
import tomllib

HERE = pathlib.Path(__file__).resolve().parent


def cache():
    own = os.environ.get("ROOFSCAPE_CACHE")
    base = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return (pathlib.Path(own) if own else base / "roofscape") / "peers"


def pinned():
    with open(HERE / "peers.toml", "rb") as file:
        return tomllib.load(file)


def program(tool, name):
    """A program in the tool's own virtual environment."""
    return str(cache() / tool / "bin" / name)


def unpacked(tool):
    """The folder that holds what was unpacked of the tool's wheel."""
    return str(cache() / tool / "unpacked")


def tokenizer():
    return str(cache() / "tokenizer")
