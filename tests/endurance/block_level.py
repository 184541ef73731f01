"""The power goes between any two flushes of a disk: the real daemon serves a journey in a machine of its own (QEMU without KVM,
Debian's kernel) from an ext4 over dm-log-writes, which writes down what reaches the disk and in which order. The log is
replayed to every flush and every write that was forced through; each state is mounted as after a power cut, and holds all
that was acknowledged by then, whole.

    block_level.py [--kernel DIR] [--rounds N] [--served N] [--keep]

  --kernel   where `boot/vmlinuz-*` and `lib/modules` are (default /); of a package that is not installed:
             apt-get download linux-image-6.1.0-56-amd64 && dpkg-deb -x linux-image-*.deb DIR
  --served   so many of the states are served, too, and every register is read

Needs root, loop devices, qemu-system-x86, busybox-static, kmod, cpio, dmsetup, a kernel: else SKIPPED with a count. What a
log of dm-log-writes looks like: the kernel's Documentation/admin-guide/device-mapper/log-writes.rst."""
import argparse
import collections
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

import journey
from journey import Ground, Journey
from network import ENTENTED, run
from small_network import make_messages

SECTOR = 512
MAGIC = 0x6A736677736872
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8
MODULES = ("virtio_pci", "virtio_blk", "virtio_net", "dm-mod", "dm-log-writes", "ext4", "crc32c_generic")
TOOLS = ("qemu-system-x86_64", "busybox", "depmod", "modprobe", "cpio", "dmsetup", "mkfs.ext4")
DISK_MB, LOG_MB = 512, 1_536  # with its ballast, the daemon wants 192 MiB free
INIT = """#!/bin/sh
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for one in MODULES_HERE; do insmod /$one || echo "no module $one"; done
while [ ! -b /dev/vdc ]; do sleep 0.1; done
ip link set lo up; ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up; ip route add default via 10.0.2.2
mount -t ext4 -o ro /dev/vda /programs
for folder in dev proc sys; do mount --bind /$folder /programs/$folder; done
inside() { chroot /programs "$@"; }
inside /usr/sbin/dmsetup create --noudevsync --noudevrules log --table "0 SECTORS log-writes /dev/vdb /dev/vdc" || echo "no log"
inside /usr/sbin/dmsetup mknodes
mount -t tmpfs tmp /programs/run
mount -t ext4 /dev/mapper/log /programs/data || echo "no disk"
echo SERVES
(cd /; inside /entented serve --config /net/entente.textproto; echo ENDED) &
stty raw -echo < /dev/ttyS1
exec 3<>/dev/ttyS1
while read -r word mark <&3; do
  case $word in
    mark) inside /usr/sbin/dmsetup message log 0 mark "$mark" && echo "marked $mark" >&3;;
    off) sync; echo "off now" >&3; sleep 1; poweroff -f;;
  esac
done
"""


class Unable(Exception):
    pass


def libraries(*programs):
    """What the programs load, and the loader."""
    found = set()
    for program in programs:
        for line in run("ldd", program).stdout.splitlines():
            path = re.search(r"(/\S+) \(0x", line)
            if path:
                found.add(path[1])
    return found


class Machine:
    """A virtual machine that runs the daemon; its port is the network's own, forwarded."""

    def __init__(self, net, kernel, folder):
        self.net, self.folder = net, folder
        kernels = sorted((kernel / "boot").glob("vmlinuz-*"))
        if not kernels:
            raise Unable(f"no kernel in {kernel}/boot")
        self.kernel, self.version = kernels[-1], kernels[-1].name[len("vmlinuz-"):]
        self.modules(kernel)
        self.programs()
        self.data = folder / "data.img"
        content = folder / "content"
        shutil.copytree(net.base, content / "s")
        self.make_disk(self.data, DISK_MB, content)
        with open(folder / "log.img", "wb") as log:
            log.truncate(LOG_MB << 20)
        assert run("cp", str(self.data), str(folder / "running.img")).returncode == 0
        self.start()

    @staticmethod
    def make_disk(path, megabytes, content):
        made = run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard", "-d", str(content), str(path),
                   f"{megabytes}M")
        assert made.returncode == 0, made.stderr

    def modules(self, kernel):
        root = self.folder / "initrd"
        for name in ("bin", "proc", "sys", "dev", "programs"):
            (root / name).mkdir(parents=True)
        top = self.folder / "kernel"
        shutil.copytree(kernel / "lib/modules" / self.version, top / "lib/modules" / self.version, symlinks=True)
        assert run("depmod", "-b", str(top), self.version).returncode == 0
        order = []
        for module in MODULES:
            shown = run("modprobe", "-d", str(top), "-S", self.version, "--show-depends", module)
            for path in re.findall(r"^insmod (\S+)", shown.stdout, re.M):
                if pathlib.Path(path).name not in order:
                    order.append(pathlib.Path(path).name)
                    shutil.copy(path, root)
        shutil.rmtree(top)
        shutil.copy(shutil.which("busybox"), root / "bin/busybox")
        for name in ("sh", "mount", "insmod", "sleep", "ip", "chroot", "echo", "stty", "sync", "poweroff"):
            (root / "bin" / name).symlink_to("busybox")
        init = root / "init"
        init.write_text(INIT.replace("MODULES_HERE", " ".join(order)).replace("SECTORS", str((DISK_MB << 20) // SECTOR)))
        init.chmod(0o755)
        packed = subprocess.run("find . | cpio -o -H newc --quiet", shell=True, cwd=root, capture_output=True, check=True)
        (self.folder / "initrd.cpio").write_bytes(packed.stdout)

    def programs(self):
        root, net = self.folder / "programs", self.net
        for name in ("dev", "proc", "sys", "data", "run", "tmp", "usr/sbin", "etc", "net"):
            (root / name).mkdir(parents=True)
        dmsetup = shutil.which("dmsetup")
        for path in libraries(ENTENTED, dmsetup):
            (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / path[1:])
        shutil.copy(ENTENTED, root / "entented")
        subprocess.run(["strip", str(root / "entented")], check=False)
        shutil.copy(dmsetup, root / "usr/sbin/dmsetup")
        if pathlib.Path("/usr/share/zoneinfo").exists():
            shutil.copytree("/usr/share/zoneinfo", root / "usr/share/zoneinfo", symlinks=True)
        for part in ("server", "keys", "trust", "ca.pem"):
            copy = shutil.copytree if (net.path / part).is_dir() else shutil.copy
            copy(net.path / part, root / "net" / part)
        config = net.config.read_text()
        for old, new in (('address: "127.0.0.1"', 'address: "0.0.0.0"'), ('store: "store"', 'store: "/data/s"'),
                         ('ready_file: "ready"', 'ready_file: "/run/ready"')):
            assert old in config, config
            config = config.replace(old, new)
        (root / "net/entente.textproto").write_text(config)
        size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) >> 20
        self.make_disk(self.folder / "programs.img", size * 5 // 4 + 64, root)
        shutil.rmtree(root)

    def start(self):
        drives = [word for name in ("programs", "running", "log") for word in
                  ("-drive", f"file={self.folder}/{name}.img,if=virtio,format=raw,cache=unsafe")]
        self.console = open(self.folder / "console", "wb")
        self.machine = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-smp", "2", "-m", "1024", "-display", "none", "-no-reboot", "-kernel",
             str(self.kernel), "-initrd", str(self.folder / "initrd.cpio"), "-append", "console=ttyS0 quiet panic=1", "-serial",
             "stdio", "-serial", f"unix:{self.folder}/words,server=on,wait=off", "-rtc", "base=utc", *drives, "-netdev",
             f"user,id=net,hostfwd=tcp:127.0.0.1:{self.net.port}-:{self.net.port}", "-device", "virtio-net-pci,netdev=net,romfile="],
            stdin=subprocess.DEVNULL, stdout=self.console, stderr=subprocess.STDOUT)
        end = time.monotonic() + 600
        while "serving on port" not in self.said() and time.monotonic() < end and self.machine.poll() is None:
            time.sleep(0.5)
        assert "serving on port" in self.said() and "ENDED" not in self.said(), self.said()[-3000:]
        self.words = socket.socket(socket.AF_UNIX)
        self.words.connect(f"{self.folder}/words")
        self.words.settimeout(120)

    def said(self):
        return (self.folder / "console").read_text(errors="replace")

    def mark(self, word):
        """Into the log, behind all that has reached the disk; comes back when it is there."""
        self.says(f"mark {word}", f"marked {word}")

    def says(self, word, awaited):
        self.words.sendall(word.encode() + b"\n")
        heard = b""
        while awaited.encode() not in heard:
            more = self.words.recv(4096)
            assert more, f"the machine is gone: {self.said()[-2000:]}"
            heard += more

    def off(self):
        self.says("off x", "off now")
        self.machine.wait(120)

    def close(self):
        if self.machine.poll() is None:
            self.machine.kill()
        self.machine.wait()
        self.console.close()


Entry = collections.namedtuple("Entry", "sector flags content")


def log_of(path):
    """The entries of a log of dm-log-writes."""
    with open(path, "rb") as log:
        magic, version, count, size = struct.unpack("<QQQI", log.read(28))
        assert (magic, version, size) == (MAGIC, 1, SECTOR), f"this is no such log: {magic:x} {version} {size}"
        log.seek(size)
        for _ in range(count):
            head = log.read(size)
            sector, sectors, flags, bytes_ = struct.unpack("<QQQQ", head[:32])
            if flags & MARK:
                yield Entry(sector, flags, head[32:32 + bytes_])
            elif flags & DISCARD:
                yield Entry(sector, flags, sectors)
            else:
                yield Entry(sector, flags, log.read(sectors * SECTOR))


class States:
    """The disk as it was, and the log played on it, a piece at a time."""

    def __init__(self, machine):
        self.image, self.folder = machine.data, machine.folder
        self.entries = list(log_of(machine.folder / "log.img"))
        self.disk = open(self.image, "r+b")

    def moments(self):
        """After each flush and each write that was forced through: its number, and the marks until then."""
        serves, marks = False, []
        for at, entry in enumerate(self.entries):
            if entry.flags & MARK:
                word = entry.content.rstrip(b"\0\n").decode()
                serves = serves or word == "serves"
                if word != "serves":
                    marks.append(word)
                continue
            self.disk.seek(entry.sector * SECTOR)
            # The disk reads zeros where it was told that nothing is there any more.
            self.disk.write(bytes(entry.content * SECTOR) if entry.flags & DISCARD else entry.content)
            if serves and entry.flags & (FLUSH | FUA):
                self.disk.flush()
                yield at, list(marks)

    def mounted(self):
        """A copy of the disk, mounted as after the cut: the file system's own journal is played, and what follows changes
        the copy alone."""
        copy, mount = self.folder / "cut.img", self.folder / "cut"
        assert run("cp", str(self.image), str(copy)).returncode == 0  # holes stay holes
        mount.mkdir(exist_ok=True)
        done = run("mount", "-o", "loop", str(copy), str(mount))
        if done.returncode != 0:
            raise Unable("no loop device: " + done.stderr)
        return mount


def checked(net, mount, acts, done, entries, served):
    config = net.config.read_text()
    net.config.write_text(config.replace('store: "store"', f'store: "{mount}/s"'))
    trip = Journey(net)
    for register, value in acts[:done]:
        trip.registers[register] = [value]
    for register, value in acts[done:done + 1]:
        trip.registers.setdefault(register, [None]).append(value)
    trip.acknowledged, trip.tried = done, min(done + 1, len(acts))
    try:
        for verb in ("fsck", "ledger"):
            told = net.entented(verb)
            assert told.returncode == 0, f"{verb}: {told.returncode} {told.stdout}{told.stderr}"
        size = int(re.search(r"(\d+) entries", told.stdout)[1]) - entries
        assert trip.acknowledged <= size <= trip.tried, f"{size} entries, {trip.acknowledged} owed, {trip.tried} tried"
        if served:
            assert net.start_under(), net.logged()[-2000:]
            trip.check(entries)
    finally:
        trip.close()
        net.end()
        net.config.write_text(config)


def travelled(net, machine, rounds):
    """The journey; each act that was acknowledged, in order, is marked in the log."""
    trip, acts = Journey(net), []

    def told(register, value):
        acts.append((register, value))
        machine.mark(len(acts))
    trip.told, trip.rotate = told, lambda: None  # the control socket is inside
    first = trip.callers["anna"].sign_in()  # counts as one entry before all
    assert first.ok, first
    machine.mark("serves")
    trip.go(rounds)
    trip.close()
    assert trip.acknowledged == trip.tried, trip.codes
    return acts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", type=pathlib.Path, default=pathlib.Path("/"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--served", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="leaves the disks where they are")
    options = parser.parse_args()
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if os.geteuid() != 0 or missing or not list((options.kernel / "boot").glob("vmlinuz-*")):
        print(f"SKIPPED: 1 journey: it needs root, a kernel in {options.kernel}/boot, and {', '.join(missing) or 'its tools'}")
        sys.exit(77)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="entente-block-"))
    make_messages(folder)
    net, machine = Ground(), None
    try:
        entries = journey.untouched_entries(net)
        machine = Machine(net, options.kernel, folder)
        acts = travelled(net, machine, options.rounds)
        machine.off()
        states = States(machine)
        count = sum(bool(entry.flags & (FLUSH | FUA)) for entry in states.entries)
        print(f"{len(acts)} acts, {len(states.entries)} entries of the log, {count} flushes", flush=True)
        before, tried, served = None, 0, 0
        for at, marks in states.moments():
            mount = states.mounted()
            serve = served < options.served and tried % max(1, count // options.served) == 0
            try:
                checked(net, mount, acts, len(marks), entries + 1, serve)
            except AssertionError as error:
                raise AssertionError(f"at entry {at} of the log, after {len(marks)} acts: {error}") from error
            finally:
                assert run("umount", str(mount)).returncode == 0
            tried, served, before = tried + 1, served + serve, len(marks)
        assert tried > len(acts) and before == len(acts), f"{tried} states, the last after {before} acts"
        print(f"{tried} states at a flush, {served} of them served: each whole, and with every act it owes")
    except Unable as why:
        print(f"SKIPPED: 1 journey: {why}")
        sys.exit(77)
    finally:
        if machine:
            machine.close()
        net.end()
        net.remove()
        if not options.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
