"""The states that a power cut can leave of a recorded disk, built in a folder.

The model is that of a journalled file system: names change in the order in which they were changed, and are certain once
anything was synced after; what a file holds is certain once the file itself was synced, and beyond that some first part of
what was written since, cut at any sector. So a new name may stand for a file with nothing in it, and two files may be of
different moments; no state has what was synced undone."""
import collections
import pathlib
import shutil

SECTOR = 512
NAMES = ("create", "mkdir", "rmdir", "rename", "link", "unlink")
CONTENT = ("write", "truncate")
SYNCS = ("sync", "syncdir")

Op = collections.namedtuple("Op", "kind words content")


def read(path):
    """The operations of a log, in order. A last record that is cut is left out."""
    ops, text, at = [], pathlib.Path(path).read_bytes(), 0
    while True:
        end = text.find(b"\n", at)
        if end < 0:
            return ops
        kind, _, rest = text[at:end].decode().partition(" ")
        words, content, at = ([rest] if kind == "mark" else rest.split(" ")), b"", end + 1
        if kind == "write":
            size = int(words[2])
            content, at = text[at:at + size], at + size
            if len(content) < size:
                return ops
        ops.append(Op(kind, words, content))


class Cut:
    """What was certain and what was not when the power went after `ops[:at]`."""

    def __init__(self, ops, at):
        self.names, self.content = [], collections.defaultdict(list)
        self.names_synced, self.content_synced = 0, collections.Counter()
        self.was = []
        for op in ops[:at]:
            if op.kind == "has":
                self.was.append(op)
            elif op.kind in NAMES:
                self.names.append(op)
            elif op.kind in CONTENT:
                self.content[op.words[0]].append(op)
            elif op.kind in SYNCS:
                self.names_synced = len(self.names)
                if op.kind == "sync":
                    self.content_synced[op.words[0]] = len(self.content[op.words[0]])

    @property
    def certain(self):
        """Whether nothing is in doubt: every way of cutting comes to the same."""
        return self.names_synced == len(self.names) and all(
            self.content_synced[file] == len(done) for file, done in self.content.items())

    def all(self):
        return len(self.names), {file: (len(done), None) for file, done in self.content.items()}

    def only_synced(self):
        return self.names_synced, {file: (self.content_synced[file], None) for file in self.content}

    def some(self, draw):
        """A first part of what is in doubt: of the names, and of each file by itself."""
        kept = {}
        for file, done in self.content.items():
            count = draw.randint(self.content_synced[file], len(done))
            torn = None
            if count < len(done) and done[count].kind == "write":
                torn = SECTOR * draw.randint(0, len(done[count].content) // SECTOR)
            kept[file] = (count, torn)
        return draw.randint(self.names_synced, len(self.names)), kept

    def torn(self, draw):
        """All of it, but of the last write of each file in doubt a first part."""
        names, kept = self.all()
        for file, done in self.content.items():
            last = len(done) - 1
            if last >= self.content_synced[file] and done[last].kind == "write":
                kept[file] = (last, SECTOR * draw.randint(0, (len(done[last].content) - 1) // SECTOR))
        return names, kept

    def build(self, folder, base, state):
        """The files of `state` in `folder`, which is made; `base`: what was there when the recording began."""
        names, kept = state
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(base, folder)
        root, named = pathlib.Path(folder), {op.words[1]: op.words[0] for op in self.was}  # path -> file
        held = {}
        for op in self.was:
            if op.words[0] in self.content:
                held[op.words[0]] = bytearray((root / op.words[1]).read_bytes())
        for op in self.names[:names]:
            self.change(root, named, op)
        for file, (count, torn) in kept.items():
            octets = held.setdefault(file, bytearray())
            for op in self.content[file][:count]:
                put(octets, op, None)
            if torn:
                put(octets, self.content[file][count], torn)
        for path, file in named.items():
            if file in held:
                (root / path).write_bytes(held[file])

    @staticmethod
    def change(root, named, op):
        first = root / op.words[-1]
        if op.kind == "create":
            first.write_bytes(b"")
            named[op.words[1]] = op.words[0]
        elif op.kind == "mkdir":
            first.mkdir()
        elif op.kind == "rmdir":
            first.rmdir()
        elif op.kind == "unlink":
            first.unlink()
            named.pop(op.words[0], None)
        elif op.kind == "link":
            shutil.copyfile(root / op.words[0], first)
            named[op.words[1]] = named[op.words[0]]
        else:
            (root / op.words[0]).rename(first)
            moved = {path: file for path, file in named.items()
                     if path == op.words[0] or path.startswith(op.words[0] + "/")}
            for path in moved:
                del named[path]
            named.pop(op.words[1], None)
            named.update({op.words[1] + path[len(op.words[0]):]: file for path, file in moved.items()})


def put(octets, op, first):
    """Does one operation on a file's octets; `first`: only so many of them."""
    if op.kind == "truncate":
        size = int(op.words[1])
        del octets[size:]
        octets.extend(bytes(size - len(octets)))
        return
    content, at = op.content[:first], int(op.words[1])
    if content and at > len(octets):
        octets.extend(bytes(at - len(octets)))
    octets[at:at + len(content)] = content
