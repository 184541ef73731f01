"""h2load, with a client certificate: every call of a crowd is answered, over both versions of HTTP, with small windows, and
the server counts as many as were sent."""
import os
import shutil
import sys
import tempfile

from grpc_test import SERVICE, request
from line import ROOT, Server, main
import grpc_test

sys.path.insert(0, str(ROOT / "tests/support"))
from h2load import h2load


def prepare(folder):
    grpc_test.prepare(folder)


def crowd(certificates, total, *arguments):
    """All of `total` calls with the same question; the answers' length."""
    folder = str(certificates.folder)
    question = os.path.join(folder, "question")
    with open(question, "wb") as out:
        out.write(request(text="x" * 300).SerializeToString())
    with Server(certificates) as server:
        load = h2load(folder, f"https://localhost:{server.port}{SERVICE}Echo", certificates.client, "-n", total, "-d", question,
                      "-H", "content-type: application/proto", *arguments)
        assert load.all_answered and load.total == total, load.text
        counters = server.counters()
        assert counters["calls_started"] == total, counters
        assert load.each > 300, load.text


def test_sixteen_lines_of_ten_streams(certificates):
    crowd(certificates, 20_000, "-c", 16, "-m", 10)


def test_one_line_as_full_as_it_may_be(certificates):
    crowd(certificates, 5_000, "-c", 1, "-m", 100)


def test_windows_of_one_kibibyte(certificates):
    crowd(certificates, 5_000, "-c", 4, "-m", 10, "-w", 10, "-W", 10)


def test_the_older_http(certificates):
    crowd(certificates, 5_000, "-c", 8, "--h1")


if __name__ == "__main__":
    main(globals())
