"""A protoc plugin for the gRPC stubs of Python: a request of buf on standard input, the files on standard output.

grpcio-tools has its plugin built into its own protoc, where buf cannot call it. So this hands the request over to that
protoc. Knows nothing of Drover.
"""

import sys
import tempfile
from pathlib import Path

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc


def generate(request: CodeGeneratorRequest) -> CodeGeneratorResponse:
    """The stubs of all files that the request asks for; an error of protoc becomes the response's."""
    response = CodeGeneratorResponse(supported_features=CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL)
    with tempfile.TemporaryDirectory() as folder:
        descriptors = Path(folder, "descriptors")
        descriptors.write_bytes(FileDescriptorSet(file=request.proto_file).SerializeToString())
        out = Path(folder, "out")
        out.mkdir()
        parameter = f"{request.parameter}:" if request.parameter else ""
        arguments = [f"--descriptor_set_in={descriptors}", f"--grpc_python_out={parameter}{out}"]
        # A file without a service would become a file that says nothing.
        with_service = {file.name for file in request.proto_file if file.service}
        code = protoc.main(["protoc", *arguments, *filter(with_service.__contains__, request.file_to_generate)])
        if code != 0:
            response.error = f"protoc ended with code {code}; what it said is on standard error"
        for path in sorted(path for path in out.rglob("*") if path.is_file()):
            name = path.relative_to(out).as_posix()
            response.file.add(name=name, content=path.read_text(encoding="utf-8"))
    return response


if __name__ == "__main__":
    asked = CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    sys.stdout.buffer.write(generate(asked).SerializeToString())
