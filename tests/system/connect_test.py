"""npm's Connect client against the port. Needs node and a registry of npm packages; says so if they are absent."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from line import ROOT, Server, main, run

SKIPPED = 77
folder_of_client = None


def skip(why):
    print(f"SKIPPED: npm's Connect client was not tried: {why}; 1 test left out", flush=True)
    sys.exit(SKIPPED)


def prepare(folder):
    global folder_of_client
    folder_of_client = pathlib.Path(folder) / "connect_client"
    shutil.copytree(ROOT / "tests/system/connect_client", folder_of_client)
    if not shutil.which("npm") or not shutil.which("node"):
        skip("there is no npm (Debian 12 has node 18; connect-node wants 20)")
    try:
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder_of_client,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180)
    except subprocess.TimeoutExpired:
        skip("no registry answered in three minutes")
    if done.returncode != 0 and any(word in done.stdout for word in ("ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN",
                                                                     "ETIMEDOUT", "network")):
        skip("no registry can be reached")
    assert done.returncode == 0, done.stdout
    run("protoc", f"-I{ROOT}/proto", f"-I{ROOT}/tests/support/proto", "--include_imports",
        f"--descriptor_set_out={folder_of_client}/echo.binpb", "entente/test/v1/echo.proto")


def test_unary_and_server_streams_over_each_protocol_and_version(certificates):
    with Server(certificates) as server:
        done = subprocess.run(["node", "client.mjs", str(server.port), "echo.binpb",
                               certificates.path("server-root.pem"), *certificates.client],
                              cwd=folder_of_client, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=120)
        assert done.returncode == 0, done.stdout
        assert done.stdout.count("\n") == 6, done.stdout


if __name__ == "__main__":
    main(globals())
