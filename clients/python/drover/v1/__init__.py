"""The messages and stubs of ``drover.v1``, generated from the protos by ``buf generate``: nothing in here is edited."""
