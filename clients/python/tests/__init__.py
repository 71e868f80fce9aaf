"""Tests of the client, without a Drover: ``python -m unittest`` in the folder above."""

import os

# Servers come and go here, and grpc would tell of each.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
