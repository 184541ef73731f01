"""`deploy/demo` prints the portal's address, and it answers there with the page, to who shows a certificate; and whoever opens
it finds something to look at. Run by CTest
with BUILD set to the build folder."""
import os, re, shutil, signal, ssl, subprocess, sys, tempfile, threading, urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TOP + "/tests/support")
from ports import free_port


def takes_nothing_of_others():
    """A folder with somebody's files in it, by names that a network has too, is left as it is."""
    with tempfile.TemporaryDirectory(prefix="entente-demo-") as folder:
        for name in ("keys", "store"):
            os.mkdir(f"{folder}/{name}")
            with open(f"{folder}/{name}/mine", "w") as mine:
                mine.write("mine\n")
        for command in ([TOP + "/deploy/demo", "--build", os.environ["BUILD"]], [TOP + "/deploy/make-network", "--entented", os.environ["BUILD"] + "/server/entented"]):
            said = subprocess.run([*command, "--dir", folder], capture_output=True, text=True, timeout=60)
            assert said.returncode == 1 and f"`{folder}` is not empty" in said.stderr, said
        left = sorted(os.path.relpath(os.path.join(at, name), folder) for at, _, files in os.walk(folder) for name in files)
        assert left == ["keys/mine", "store/mine"], left


def unfinished_is_begun_anew(folder):
    """As a run leaves it that was cut off half-way: the demonstration's own, to be cleared by the next."""
    begun = subprocess.run([TOP + "/deploy/make-network", "--dir", folder, "--begin"], capture_output=True, text=True)
    assert begun.returncode == 0, begun
    os.mkdir(folder + "/keys")
    with open(folder + "/keys/root.key", "w") as half:
        half.write("half")


def main():
    takes_nothing_of_others()
    folder = tempfile.mkdtemp(prefix="entente-demo-")
    unfinished_is_begun_anew(folder)
    port = free_port()
    demo = subprocess.Popen([TOP + "/deploy/demo", "--dir", folder, "--port", str(port), "--build", os.environ["BUILD"]],
                            stdout=subprocess.PIPE, text=True, start_new_session=True)
    # Whatever it waits for, the test ends.
    late = threading.Timer(240, os.killpg, (demo.pid, signal.SIGKILL))
    late.start()
    try:
        typed, found = [], None  # what it says to paste
        for line in demo.stdout:
            if line.startswith("  entente "):
                typed.append(line.split()[1:])
            elif found := re.match(r"The portal: (https://\S+)", line):
                break
        assert found, "it ended before it served"
        address = found[1]
        assert address == f"https://localhost:{port}/", address
        here = folder + "/credentials/anna.lindqvist/"
        context = ssl.create_default_context(cafile=folder + "/ca.pem")
        context.load_cert_chain(here + "cert.pem", here + "key.pem")
        page = urllib.request.urlopen(address, context=context, timeout=30).read().decode()
        assert '<div id="app">' in page, page
        # What it says to paste signs in and finds somebody.
        asks = {**os.environ, "XDG_CONFIG_HOME": folder + "/config"}
        assert len(typed) == 3, typed
        for verb, holds in zip(typed, ("signed in", "@che.example.org", "Müller")):
            said = subprocess.run([os.environ["BUILD"] + "/client/cli/entente", *verb], env=asks, capture_output=True, text=True)
            assert said.returncode == 0 and holds in said.stdout, (verb, said)
        # Whoever opens it finds something: figures, papers, what was sent to them, meetings before and after today.
        for verb, holds in (("document list", "Counting returns"), ("document list", "Before a family comes to the counter"), ("inbox", "Counting returns"),
                            ("meeting list --upcoming", "Working group on returns"), ("meeting list", "Half a day on figures"),
                            ("stats get IGC.ASYLUM --where REF_AREA=CHE", "CHE"), ("stats get IGC.POPULATION --where REF_AREA=SWE", "SWE")):
            said = subprocess.run([os.environ["BUILD"] + "/client/cli/entente", "--profile", "anna.lindqvist", *verb.split()], env=asks, capture_output=True, text=True)
            assert holds in said.stdout, (verb, said)
        # It is finished, and nothing makes another network in its place.
        again = subprocess.run([TOP + "/deploy/make-network", "--dir", folder, "--entented", "/bin/false"], capture_output=True, text=True)
        assert again.returncode == 1 and os.path.exists(folder + "/network.made"), again
    finally:
        late.cancel()
        os.killpg(demo.pid, signal.SIGTERM)
        demo.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
