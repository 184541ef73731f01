"""What one account, certificate or line may make the server do and hold, and who does not wait for whom."""
import ctypes
import os
import socket
import time

import grpc

from grpc_test import SERVICE, Channel, code_of, request
from line import URI, Peer, Server, framed, main, until
import grpc_test


def prepare(folder):
    grpc_test.prepare(folder)


def refused(server, certificate=None):
    """Whether a new line is closed before it can call."""
    with Peer(server, certificate) as peer:
        return peer.reply(peer.start(SERVICE + "Echo", framed(b"")), 5).status != 0


def test_an_account_and_a_certificate_have_only_so_many_lines(certificates):
    second = certificates.issue("second", certificates.root, "URI:" + URI)
    with Server(certificates, "connections_per_certificate_max=3", "connections_per_account_max=4") as server:
        lines = [server.connect() for _ in range(3)]
        assert refused(server), "a fourth line of one certificate"
        lines.append(server.connect(second))
        assert refused(server, second), "a fifth line of one account"
        assert not refused(server, certificates.other), "another account"
        assert server.counters()["account_refused"] == 2
        for line in lines:
            line.close()
        assert until(lambda: server.counters()["connections_open"] == 0)
        assert not refused(server), "what was given back"


def test_lines_that_never_finish_their_handshake_are_bounded(certificates):
    import socket
    with Server(certificates, "handshakes_max=5", "handshake_ms_max=2000") as server:
        half = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(9)]
        assert until(lambda: server.counters()["connections_refused"] == 4)
        assert until(lambda: server.counters()["handshakes_failed"] == 5)
        assert not refused(server)
        [line.close() for line in half]


def option_of(server, port, level, option):
    """A socket option of the server's side of the line from our `port`."""
    pidfd = os.pidfd_open(server.daemon.pid)
    for descriptor in os.listdir(f"/proc/{server.daemon.pid}/fd"):
        PIDFD_GETFD = 438
        copy = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, pidfd, int(descriptor), 0)
        assert copy >= 0, os.strerror(ctypes.get_errno())
        try:
            with socket.socket(fileno=copy) as line:
                if line.getpeername()[1] == port:
                    return line.getsockopt(level, option)
        except OSError:  # no socket, or one that listens
            pass
    raise AssertionError("the server has no such line")


def test_a_peer_that_vanishes_without_a_word_is_found_out(certificates):
    TCP_USER_TIMEOUT = 18
    asked = {(socket.SOL_SOCKET, socket.SO_KEEPALIVE): 1, (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE): 60,
             (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL): 15, (socket.IPPROTO_TCP, socket.TCP_KEEPCNT): 4,
             (socket.IPPROTO_TCP, TCP_USER_TIMEOUT): 30_000}
    with Server(certificates) as server, Peer(server) as peer:
        port = peer.line.getsockname()[1]
        assert {which: option_of(server, port, *which) for which in asked} == asked


def test_an_account_has_only_so_many_calls_under_way_on_all_its_lines(certificates):
    with Server(certificates, "calls_per_account_max=10") as server:
        first, second = Peer(server), Peer(server)
        for peer in (first, second):
            for _ in range(5):
                peer.start(SERVICE + "Watch", framed(b""))
        assert until(lambda: server.tell("sources").startswith("10 "))
        assert first.reply(first.start(SERVICE + "Echo", framed(b""))).status == 8
        with Peer(server, certificates.other) as other:
            assert other.reply(other.start(SERVICE + "Echo", framed(b""))).status == 0
        second.line.close()
        assert until(lambda: server.tell("sources").startswith("5 "))
        assert first.reply(first.start(SERVICE + "Echo", framed(b""))).status == 0
        first.line.close()


def test_unread_answers_of_a_line_cost_a_bounded_amount(certificates):
    for name in ("Echo", "EchoHeavy", "List", "ListHeavy"):
        with Server(certificates, "calls_per_account_max=200") as server:
            with Peer(server, settings={4: 0}) as peer:  # INITIAL_WINDOW_SIZE
                before = server.rss_kib()
                body = framed(request(bytes=3_000_000, count=50))
                for _ in range(90):
                    peer.start(SERVICE + name, body)
                time.sleep(1)
                while peer.read(0.3, acknowledge=False):
                    pass
                grown = server.rss_kib() - before
                assert grown < 100 * 1024, f"{name}: {grown} KiB"
                assert not refused(server), "others go on"


def test_answers_that_waited_for_room_all_come_once_they_are_read(certificates):
    for name in ("Echo", "EchoHeavy"):
        with Server(certificates) as server, Channel(server) as channel:
            futures = [channel.unary(name).future(request(bytes=1 << 20), timeout=120) for _ in range(40)]
            assert all(len(future.result().padding) == 1 << 20 for future in futures)


def test_a_stream_that_gets_no_window_is_reset_and_its_line_lives_on(certificates):
    with Server(certificates, "write_stall_ms_max=600") as server:
        with Peer(server, settings={4: 0}) as peer:
            reply = peer.reply(peer.start(SERVICE + "Echo", framed(request(bytes=100_000))))
            assert reply.reset == 8, vars(reply)  # CANCEL
            assert server.counters()["slow_peers"] == 1
            peer.h2.update_settings({4: 65_535})
            peer.settle()
            assert peer.reply(peer.start(SERVICE + "Echo", framed(b""))).status == 0


def test_requests_half_received_are_bounded_together(certificates):
    with Server(certificates, "connection_body_bytes_max=1000000") as server, Peer(server) as peer:
        streams = [peer.start(SERVICE + "Echo", framed(request(text="x" * 200_000))[:15_000], end=False)
                   for _ in range(80)]
        while peer.read(0.5):
            pass
        statuses = [peer.replies[stream].status for stream in streams]
        assert statuses.count(8) in range(10, 20), statuses
        assert server.counters()["bodies_held_limit"] == statuses.count(8)


def test_a_heavy_exchange_does_not_hold_up_the_line(certificates):
    # One worker: were the exchange on it, the quick call would wait for all of the slow questions.
    with Server(certificates, "workers=1") as server, Channel(server) as channel:
        questions = iter([request(text=str(i), sleep_ms=400) for i in range(10)])
        chat = channel.of("stream_stream", "ChatHeavy")(questions, timeout=60)
        assert next(chat).text == "0"
        channel.unary("Echo")(request(text="quick"), timeout=20)
        got = [reply.text for reply in chat]
        assert got == [str(i) for i in range(1, 10)]
        with Peer(server) as peer:  # and seen from outside: what was answered first, came first
            slow = peer.start(SERVICE + "ChatHeavy", framed(request(sleep_ms=1_500)))
            quick = peer.start(SERVICE + "Echo", framed(b""))
            assert peer.reply(quick).status == 0 and not peer.replies[slow].over
            assert peer.reply(slow).status == 0


def test_who_hashes_makes_nobody_else_wait(certificates):
    # Hashing calls fill their own lane; a heavy call, which is what commits, goes by.
    with Server(certificates, "pool_threads=1", "hash_threads=1", "hash_queue_max=4") as server:
        with Channel(server, certificates.other) as guesser, Channel(server) as channel:
            hashing = [guesser.unary("EchoHash").future(request(sleep_ms=1_000, stubborn=True)) for _ in range(9)]
            assert until(lambda: server.counters()["handlers_begun"] >= 1)
            assert channel.unary("EchoHeavy")(request(text="a commit"), timeout=20).text == "a commit"
            assert sum(future.done() and future.code() == grpc.StatusCode.OK for future in hashing) < 5
            codes = [future.code() for future in hashing]
            assert codes.count(grpc.StatusCode.OK) in (4, 5), codes
            assert grpc.StatusCode.RESOURCE_EXHAUSTED in codes


def test_one_line_cannot_fill_the_pool(certificates):
    with Server(certificates, "pool_threads=1", "pool_queue_max=4", "connection_heavy_max=2") as server:
        with Channel(server, certificates.other) as greedy, Channel(server) as channel:
            many = [greedy.unary("EchoHeavy").future(request(sleep_ms=50)) for _ in range(30)]
            assert channel.unary("EchoHeavy")(request(text="mine"), timeout=20).text == "mine"
            assert [future.code() for future in many] == [grpc.StatusCode.OK] * 30
            assert server.counters()["calls_shed"] == 0


def test_a_call_that_was_cancelled_in_the_queue_never_reaches_its_handler(certificates):
    with Server(certificates, "pool_threads=1") as server, Peer(server) as peer:
        peer.start(SERVICE + "EchoHeavy", framed(request(sleep_ms=700, stubborn=True)))
        assert until(lambda: server.counters()["handlers_begun"] == 1)
        for _ in range(5):
            peer.h2.reset_stream(peer.start(SERVICE + "EchoHeavy", framed(b"")), 8)
        peer.flush()
        last = peer.start(SERVICE + "EchoHeavy", framed(b""))
        assert peer.reply(last).status == 0
        assert server.counters()["handlers_begun"] == 2


def test_an_answer_at_the_deadline_bears_nothing_of_the_handler_still_at_work(certificates):
    with Server(certificates) as server, Peer(server) as peer:
        stream = peer.start(SERVICE + "EchoHeavy", framed(request(sleep_ms=1_500, stubborn=True)),
                            headers=[("x-marker", "half-done"), ("grpc-timeout", "200m")])
        reply = peer.reply(stream)
        assert reply.status == 4 and "x-marker" not in reply.headers, vars(reply)
        assert server.counters()["deadlines_met"] == 1
        after = peer.start(SERVICE + "EchoHeavy", framed(b""), headers=[("x-marker", "whole")])
        assert peer.reply(after).headers.get("x-marker") == "whole"


def test_deadlines_leave_nothing_behind(certificates):
    with Server(certificates) as server, Channel(server) as channel:
        call = channel.unary("EchoHeavy")
        for _ in range(300):
            call(request(), timeout=250)
        before = server.rss_kib()
        for _ in range(3_000):
            call(request(), timeout=250)
        grown = server.rss_kib() - before
        assert grown < 3_000, f"{grown} KiB for 3,000 calls that are over"


if __name__ == "__main__":
    main(globals())
