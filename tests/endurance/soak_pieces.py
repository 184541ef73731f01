"""A soak in pieces, each of a program of its own: the second goes on where the first ended and adds up, though it is asked
to end before its time; a third, of which the store no longer holds what is owed, ends before it begins.

    soak_pieces.py [--minutes N]

A piece is half a minute; what it costs beside that is two starts, and reading all that was acknowledged."""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

SOAK = pathlib.Path(__file__).resolve().with_name("soak.py")


def piece(folder, minutes, seed, ended_after=None):
    """`ended_after`: so many minutes; else by itself."""
    with subprocess.Popen([sys.executable, SOAK, "--minutes", str(minutes), "--rate", "20", "--crowd", "20", "--seed", str(seed),
                           "--keep", folder], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        if ended_after:
            assert running.stdout.readline() == f"seed {seed}\n"
            time.sleep(60 * ended_after)
            running.terminate()
        said, failed = running.communicate(timeout=600)
    return subprocess.CompletedProcess(running.args, running.returncode, said, failed)


def together(said):
    """Minutes, calls, acts of all pieces so far."""
    return [float(number) for number in re.search(
        r"with the pieces before it: (\S+) minutes, (\d+) calls, (\d+) acts, none failed or lost", said).groups()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=0.5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder) / "kept"
        found = []
        for seed, minutes, ended_after in ((1, options.minutes, None), (2, 60, options.minutes)):
            done = piece(folder, minutes, seed, ended_after)
            assert done.returncode == 0, done.stdout + done.stderr
            print(done.stdout.strip())
            found.append(together(done.stdout))
        (_, calls, acts), (minutes, all_calls, all_acts) = found
        assert options.minutes < minutes <= 2 * options.minutes and all_calls > calls and all_acts > acts, found

        account = folder / "pieces.json"
        pieces = json.loads(account.read_text())
        assert [piece["acts"] for piece in pieces] == [acts, all_acts - acts], pieces
        pieces[-1]["after"]["registers"]["title"] = ["a title that was lost"]
        account.write_text(json.dumps(pieces))
        lost = piece(folder, options.minutes, 3)
        assert lost.returncode != 0 and "AssertionError: title" in lost.stderr, lost.stdout + lost.stderr
        assert len(json.loads(account.read_text())) == 2, "a piece that failed was counted"
    print("a third piece, whose store lacks what is owed, says so")


if __name__ == "__main__":
    main()
