"""Somebody who does all right while others do not: looks up a person over a line of its own, again and again, and is answered
each time."""
import threading
import time

from small_network import Caller

SANITIZER = ("AddressSanitizer", "LeakSanitizer", "runtime error:")


def no_fault(net):
    """The daemon lives, and no sanitizer has had a word in its log."""
    assert net.daemon.poll() is None, f"the daemon has ended: {net.logged()[-4000:]}"
    found = [word for word in SANITIZER if word in net.logged()]
    assert not found, f"{found}: {net.logged()[-4000:]}"


class Honest:
    """Looks up a person again and again, meanwhile."""

    def __init__(self, net):
        from entente.v1 import directory_pb2
        self.caller, self.took, self.failed, self.stop = Caller(net, "nora"), [], [], threading.Event()
        assert self.caller.sign_in().ok
        self.request = directory_pb2.GetPersonRequest(name="persons/swe.anna")
        self.thread = threading.Thread(target=self.go)
        self.thread.start()

    def go(self):
        while not self.stop.is_set():
            began = time.monotonic()
            answer = self.caller.ask("DirectoryService.GetPerson", self.request)
            self.took.append(time.monotonic() - began)
            if not answer.ok:
                self.failed.append(answer)
            time.sleep(0.02)

    def close(self):
        self.stop.set()
        self.thread.join()
        self.caller.close()

    def told(self):
        """How long the look-ups took, all of which must have been answered."""
        assert self.took and not self.failed, f"an honest caller was refused: {self.failed[:3]}"
        took = sorted(self.took)
        return (f"{len(took)} honest look-ups answered, half within {1000 * took[len(took) // 2]:.1f} ms, 99 % within "
                f"{1000 * took[len(took) * 99 // 100]:.0f}")
