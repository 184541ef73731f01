"""Debian's grpc++ against the port."""
import os
import subprocess
import sys

from line import Server, main


def prepare(_):
    if not os.environ.get("GRPCPP_CLIENT"):
        print("SKIPPED: libgrpc++-dev or protobuf-compiler-grpc is absent, or this is a sanitizer's build; "
              "1 test left out", flush=True)
        sys.exit(77)


def test_unary_every_streaming_deadlines_statuses_and_cancellation(certificates):
    with Server(certificates) as server:
        done = subprocess.run([os.environ["GRPCPP_CLIENT"], str(server.port), certificates.path("server-root.pem"),
                               *certificates.client], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=120)
        assert done.returncode == 0, done.stdout


if __name__ == "__main__":
    main(globals())
