"""Imports one folder of a big package without the rest of it.

The benchmark clients of vLLM and SGLang are plain Python, but their packages need an inference
engine to be imported. Here only the benchmark's own folder is unpacked (see ../peers.toml); every
other module of the package that it asks for is a stand-in whose names are empty classes, except
for those that the caller gives. So the client's own code runs unchanged and whatever it does not
need is not there.
"""

import importlib.abc
import importlib.machinery
import os
import sys
import types


class StandIn(types.ModuleType):
    """A module in which every name is an empty class."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (), {})
        setattr(self, name, made)
        return made


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """What is unpacked is imported from there; the rest of the package is made up."""

    def __init__(self, package, folder, given):
        self.package = package
        self.folder = folder
        self.given = given

    def find_spec(self, name, path=None, target=None):
        if name not in self.given and name.split(".")[0] != self.package:
            return None
        real = os.path.join(self.folder, *name.split("."))
        if name not in self.given and (os.path.exists(f"{real}.py") or self.unpacked(real)):
            return None  # The ordinary way.
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def unpacked(self, real):
        return os.path.exists(os.path.join(real, "__init__.py"))

    def create_module(self, spec):
        module = StandIn(spec.name)
        module.__path__ = [os.path.join(self.folder, *spec.name.split("."))]
        for name, value in self.given.get(spec.name, {}).items():
            setattr(module, name, value)
        return module

    def exec_module(self, module):
        pass


def use(package, folder, given):
    """given: module -> name -> what it is. From here on the package can be imported."""
    sys.path.insert(0, folder)
    sys.meta_path.insert(0, Finder(package, folder, given))
