"""Backups taken from the real daemon at random instants while it writes: each verifies, comes back elsewhere whole, and holds
all that was acknowledged before it was begun and nothing that was tried after it was done; and no flipped bit in it goes
unnoticed. With a keyring from behind a destruction it comes back, and is served, without what was destroyed; with one from behind a
rotation it does not.

    backups.py [--backups N] [--flips N] [--seed S]"""
import argparse
import hashlib
import random
import shutil
import threading
import time

from journey import ANNA, Ground
from network import ENTENTED, read, run, write
from small_network import Caller, messages


class Writer(threading.Thread):
    """Gives an entry one title after another; `acknowledged` and `tried` are the last of each."""

    def __init__(self, net):
        super().__init__()
        from entente.v1 import directory_pb2
        self.M, self.caller = directory_pb2, Caller(net, "anna")
        assert self.caller.sign_in().ok
        self.acknowledged = self.tried = 0
        self.over, self.refused = threading.Event(), []

    def run(self):
        M = self.M
        while not self.over.is_set():
            person = M.Person.FromString(self.caller.ask("DirectoryService.GetPerson", M.GetPersonRequest(name=ANNA)).body)
            self.tried += 1
            person.title = f"title {self.tried}"
            answer = self.caller.ask("DirectoryService.UpdatePerson", M.UpdatePersonRequest(person=person))
            if answer.ok:
                self.acknowledged = self.tried
            else:
                self.refused.append(str(answer))

    def close(self):
        self.over.set()
        self.join()
        self.caller.close()


def title_in(net, config):
    """What a restored network says, served beside."""
    original, net.config = net.config, config
    try:
        assert net.start_under(), net.logged()[-2000:]
        from entente.v1 import directory_pb2 as M
        caller = Caller(net, "anna")
        assert caller.sign_in().ok
        title = M.Person.FromString(caller.ask("DirectoryService.GetPerson", M.GetPersonRequest(name=ANNA)).body).title
        caller.close()
        net.end()
        return int(title.split()[1]) if title.startswith("title ") else 0
    finally:
        net.config = original


def flipped(data, draw, flips):
    for _ in range(flips):
        at = draw.randrange(8 * len(data))
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        yield at, bytes(changed)


def bring(caller):
    from entente.v1 import documents_pb2 as D
    paper = b"What is destroyed in the end. " * 10_000
    name = dict(upload_id="a" * 64)
    for method, request in (
            ("BeginContent", D.BeginContentRequest(
                content=dict(language="en", file_name="paper.txt", media_type="text/plain", bytes=len(paper)),
                document=D.Document(kind=D.Document.STUDY, process="processes/alpha", visibility={
                    "handling": 2, "audience": {"any_of": ["process/alpha/members", "process/alpha/secretariat"]}},
                    title={"by_language": {"en": "A paper"}}), **name)),
            ("SendContent", D.SendContentRequest(content=paper, **name)),
            ("FinishContent", D.FinishContentRequest(sha256=hashlib.sha256(paper).digest(), **name))):
        done = caller.ask("DocumentService." + method, request)
        assert done.ok, done
    return D.Document.FromString(done.body).name


def behind_changes_of_keys(net):
    from entente.v1 import documents_pb2 as D
    rows, ring, other = (net.path / name for name in ("rows.before", "ring.behind", "rows.behind"))
    net.put_back()
    assert net.start_under(), net.logged()
    caller = Caller(net, "anna")
    assert caller.sign_in().ok
    document = bring(caller)
    assert net.entented("backup", "--to", str(rows)).returncode == 0
    gone = caller.ask("DocumentService.DestroyDocument", D.DestroyDocumentRequest(name=document))
    assert gone.ok, gone
    caller.close()
    assert net.entented("backup", "--to", str(other), "--keyring-to", str(ring)).returncode == 0
    net.end()
    config = net.path / "restored.behind.textproto"
    write(config, read(net.config).replace('store: "store"', 'store: "restored.behind"'))
    done = run(ENTENTED, "restore", "--config", str(config), "--from", str(rows), "--keyring", str(ring))
    assert done.returncode == 0 and "rows whose key was destroyed since" in done.stdout, done.stdout + done.stderr
    assert run(ENTENTED, "fsck", "--config", str(config)).returncode == 0
    told = run(ENTENTED, "ledger", "--config", str(config))
    assert told.returncode == 6 and "wrote is gone" in told.stderr, told.stdout + told.stderr
    title_in(net, config)

    net.put_back()
    assert net.entented("rotate", "network").returncode == 0
    ring.unlink()
    other.unlink()
    assert net.entented("backup", "--to", str(other), "--keyring-to", str(ring)).returncode == 0
    for verb in ("verify", "restore"):
        told = net.entented(verb, "--from", str(rows), "--keyring", str(ring))
        assert told.returncode == 1 and "the keyring does not open this backup" in told.stderr, f"{verb}: {told}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backups", type=int, default=3)
    parser.add_argument("--flips", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    draw = random.Random(options.seed)
    print(f"seed {options.seed}", flush=True)
    with messages(), Ground() as net:
        net.put_back()
        assert net.start_under(), net.logged()
        writer, taken = Writer(net), []
        writer.start()
        for i in range(options.backups):
            time.sleep(draw.random() * 0.5)
            rows, ring = net.path / f"rows.{i}", net.path / f"ring.{i}"
            before = writer.acknowledged
            done = net.entented("backup", "--to", str(rows), "--keyring-to", str(ring))
            assert done.returncode == 0, done.stderr
            taken.append((rows, ring, before, writer.tried))
        writer.close()
        assert not writer.refused, writer.refused
        net.end()
        for i, (rows, ring, before, after) in enumerate(taken):
            whole = net.entented("verify", "--from", str(rows), "--keyring", str(ring))
            assert whole.returncode == 0 and "every row opened" in whole.stdout, whole.stderr
            config = net.path / f"restored.{i}.textproto"
            write(config, read(net.config).replace('store: "store"', f'store: "restored.{i}"'))
            done = run(ENTENTED, "restore", "--config", str(config), "--from", str(rows), "--keyring", str(ring))
            assert done.returncode == 0, done.stderr
            for verb in ("fsck", "ledger"):
                checked = run(ENTENTED, verb, "--config", str(config))
                assert checked.returncode == 0, f"{verb}: {checked.stdout}{checked.stderr}"
            title = title_in(net, config)
            assert before <= title <= after, f"backup {i} has title {title}, taken between {before} and {after}"
            shutil.rmtree(net.path / f"restored.{i}")
            print(f"backup {i}: between acts {before} and {after}, holds {title}", flush=True)
        rows = taken[-1][0]
        data = rows.read_bytes()
        for at, changed in flipped(data, draw, options.flips):
            rows.write_bytes(changed)
            found = net.entented("verify", "--from", str(rows))
            assert found.returncode == 1, f"bit {at} of {8 * len(data)} flipped, and `verify` says {found.stdout}"
        behind_changes_of_keys(net)
        print(f"{len(taken)} backups whole, {writer.acknowledged} acts meanwhile; {options.flips} flipped bits found")


if __name__ == "__main__":
    main()
