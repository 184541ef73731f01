"""A port to listen on, for a test that must say it before anything listens: `free_port()`, or printed by this program."""
import pathlib
import random
import socket

_held = []


def free_port():
    """A port that nobody has, and that nobody is given while this program runs.

    Not one of those that the kernel hands to lines that go out: between the choice and the listening, any of the other
    tests' clients could be given it. Nor one of another test's: each choice is held by a name that goes with its program.
    """
    first_of_outgoing = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(10_000, first_of_outgoing)
        name = socket.socket(socket.AF_UNIX)
        with socket.socket() as line:
            try:
                name.bind(f"\0entente-test-port-{port}")
                line.bind(("127.0.0.1", port))
            except OSError:
                name.close()
                continue
        _held.append(name)
        return port


if __name__ == "__main__":
    print(free_port())
