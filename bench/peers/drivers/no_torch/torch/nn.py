"""See __init__.py."""


class Module:
    """Only a name that others ask for."""
