"""The conversation with a live server that every client has, by the Python one: ``python -m conversation --help``."""
