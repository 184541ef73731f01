"""The portal in a real browser (Debian's Chromium, driven by playwright) before the real daemon: every journey of
tests/portal/*_test.mjs on one demonstration network. Run by CTest with BUILD set to the build folder.

    portal_test.py [WORD]     only the journeys whose file's name holds the word
"""
import glob, os, pathlib, subprocess, sys, threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "system"))
from network import BUILD, TOP, Network
import gatherings, papers


def figures(net):
    """What two ministries have reported: the demonstration's own files."""
    for account, state in (("statistics-upload", "swe"), ("reto.ammann", "che")):
        net.as_(account, "sign-in")
        for what in ("asylum", "population"):
            net.as_(account, "stats", "upload", f"{TOP}/deploy/statistics/demo/{what}-{state}.csv", "--to", f"IGC.{what.upper()}")


def restarts(net, over):
    """Stops and starts the daemon whenever a journey asks for it by a file."""
    wanted = net.dir + "/restart.wanted"
    while not over.wait(0.05):
        if os.path.exists(wanted):
            net.stop()
            net.start()
            os.unlink(wanted)


def prepared():
    """A network that serves the portal, with figures, papers and meetings in it; and the environment of browser.mjs."""
    net = Network()
    try:
        with open(net.config, "a") as config:
            config.write(f'portal: "{BUILD}/client/portal/site"\n')
        net.start()
        figures(net)
        net.as_("helena.brandt", "sign-in")
        net.as_("anna.lindqvist", "sign-in")
        gatherings.plan(net.as_, papers.bring(net.as_, net.dir), net.dir)
    except BaseException:
        net.remove()
        raise
    return net, {**os.environ, "PORTAL": BUILD + "/client/portal", "NETWORK": net.dir, "PORT": str(net.port),
                 "CONFIG": net.config, "DAEMON": str(net.daemon.pid)}


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    journeys = sorted(path for path in glob.glob(HERE + "/*_test.mjs") if word in os.path.basename(path))
    net, where = prepared()
    try:
        over = threading.Event()
        threading.Thread(target=restarts, args=(net, over), daemon=True).start()
        # One after the other: they share the network, and one of them restarts it. (Node 18 would take as many at once as there are cores.)
        failed = [os.path.basename(path) for path in journeys if subprocess.run(["node", "--test", path], env=where).returncode != 0]
        over.set()
        assert net.daemon.poll() is None, net.logged()[-4000:]
        print("failed:", *failed or ["none"], flush=True)
        return len(failed)
    finally:
        net.remove()


if __name__ == "__main__":
    sys.exit(main())
