"""Debian's stock grpcio against the port: every kind of call, deadlines, cancellation, details."""
import threading

import grpc

from line import Server, URI, main, make_messages, until

SERVICE = "/entente.test.v1.EchoService/"


def prepare(folder):
    make_messages(folder)
    global echo_pb2, status_pb2, error_details_pb2, health_pb2, reflections
    from entente.test.v1 import echo_pb2
    from google.rpc import error_details_pb2, status_pb2
    from grpc.health.v1 import health_pb2
    from grpc.reflection.v1 import reflection_pb2 as v1
    from grpc.reflection.v1alpha import reflection_pb2 as v1alpha
    reflections = {"grpc.reflection.v1": v1, "grpc.reflection.v1alpha": v1alpha}


class Channel:
    def __init__(self, server, certificate=None, **options):
        read = lambda path: open(path, "rb").read()
        pem, key = certificate or server.certificates.client
        credentials = grpc.ssl_channel_credentials(read(server.certificates.path("server-root.pem")),
                                                   read(key), read(pem))
        self.channel = grpc.secure_channel(f"localhost:{server.port}", credentials, list(options.items()),
                                           options.pop("compression", None))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def of(self, kind, name, request=None, response=None):
        return getattr(self.channel, kind)(
            name if name.startswith("/") else SERVICE + name,
            request_serializer=(request or echo_pb2.EchoRequest).SerializeToString,
            response_deserializer=(response or echo_pb2.EchoResponse).FromString)

    def unary(self, name):
        return self.of("unary_unary", name)

    def stream(self, name):
        return self.of("unary_stream", name)


def request(**fields):
    return echo_pb2.EchoRequest(**fields)


def code_of(call):
    try:
        call()
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK


def test_a_unary_call_quick_and_heavy(certificates):
    with Server(certificates) as server, Channel(server) as channel:
        for name in ("Echo", "EchoHeavy"):
            for text in ("", "x", "Söderköping", "y" * 1_000_000):
                reply = channel.unary(name)(request(text=text), timeout=20)
                assert reply.text == text and reply.peer == URI


def test_metadata_goes_both_ways(certificates):
    with Server(certificates) as server, Channel(server) as channel:
        _, call = channel.unary("Echo").with_call(request(), metadata=[("x-marker", "a b")], timeout=20)
        assert ("x-marker", "a b") in [tuple(pair) for pair in call.initial_metadata()]


def test_a_status_comes_with_its_details_and_not_with_the_operators(certificates):
    with Server(certificates) as server, Channel(server) as channel:
        for name in ("Echo", "EchoHeavy"):
            try:
                channel.unary(name)(request(fail_code=3), timeout=20)
                raise AssertionError("it did not fail")
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
                assert error.details() == "as asked: 100 % ✓", error.details()
                trailers = dict(error.trailing_metadata())
                status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
                assert status.code == 3 and b"operators" not in status.SerializeToString()
                kinds = {detail.type_url.rsplit("/", 1)[1]: detail for detail in status.details}
                info, retry, bad = (getattr(error_details_pb2, kind)() for kind in
                                    ("ErrorInfo", "RetryInfo", "BadRequest"))
                assert kinds["google.rpc.ErrorInfo"].Unpack(info) and info.reason == "FIELD_INVALID"
                assert kinds["google.rpc.RetryInfo"].Unpack(retry)
                assert retry.retry_delay.seconds == 2 and retry.retry_delay.nanos == 500_000_000
                assert kinds["google.rpc.BadRequest"].Unpack(bad) and bad.field_violations[0].field == "text"


def test_what_is_not_there_or_throws(certificates):
    with Server(certificates) as server, Channel(server) as channel:
        assert code_of(lambda: channel.unary("Nothing")(request(), timeout=20)) == grpc.StatusCode.UNIMPLEMENTED
        for name in ("Echo", "EchoHeavy"):
            try:
                channel.unary(name)(request(throws=True), timeout=20)
                raise AssertionError("it did not fail")
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.INTERNAL and error.details() == "internal error"


def test_server_streams_quick_heavy_and_large(certificates):
    with Server(certificates) as server, Channel(server) as channel:
        for name in ("List", "ListHeavy"):
            numbers = [reply.number for reply in channel.stream(name)(request(count=5_000), timeout=60)]
            assert numbers == list(range(1, 5_001))
            total = sum(len(reply.padding) for reply in
                        channel.stream(name)(request(count=64, bytes=1 << 20), timeout=60))
            assert total == 64 << 20
            assert code_of(lambda: list(channel.stream(name)(request(count=3, fail_code=9), timeout=20))) \
                == grpc.StatusCode.FAILED_PRECONDITION
        assert until(lambda: server.tell("sources").startswith("0 "))


def test_a_source_that_waits_is_woken(certificates):
    with Server(certificates) as server, Channel(server) as channel:
        for name in ("Watch", "WatchHeavy"):
            assert len(list(channel.stream(name)(request(count=50), timeout=30))) == 50


def test_client_streams_and_both_ways(certificates):
    with Server(certificates) as server, Channel(server) as channel:
        collect = channel.of("stream_unary", "Collect")
        for count, size in ((0, 0), (5_000, 100), (512, 64 * 1024), (21, 3_000_000)):
            reply = collect(iter([request(text="x" * size)] * count), timeout=60)
            assert (reply.number, reply.received) == (count, count * size)
        for name in ("Chat", "ChatHeavy"):
            texts = [str(i) for i in range(300)]
            replies = channel.of("stream_stream", name)(iter([request(text=t) for t in texts]), timeout=60)
            assert [reply.text for reply in replies] == texts


def test_a_chat_answers_before_the_caller_has_ended(certificates):
    with Server(certificates) as server, Channel(server) as channel:
        for name in ("Chat", "ChatHeavy"):
            gate = threading.Semaphore(1)

            def questions():
                for i in range(20):
                    assert gate.acquire(timeout=20)
                    yield request(text=str(i))

            got = []
            for reply in channel.of("stream_stream", name)(questions(), timeout=60):
                got.append(reply.text)
                gate.release()
            assert got == [str(i) for i in range(20)]


def test_the_clients_deadline_cuts_a_stream(certificates):
    with Server(certificates) as server, Channel(server) as channel:
        assert code_of(lambda: list(channel.stream("Watch")(request(), timeout=0.5))) \
            == grpc.StatusCode.DEADLINE_EXCEEDED
        assert until(lambda: server.tell("sources").startswith("0 "))
        assert channel.unary("Echo")(request(text="after"), timeout=20).text == "after"


def test_cancelling_reaches_the_source_and_the_handler(certificates):
    with Server(certificates) as server, Channel(server) as channel:
        for name in ("Watch", "WatchHeavy"):
            call = channel.stream(name)(request())
            next(call)
            assert server.tell("sources").startswith("1 ")
            call.cancel()
            assert until(lambda: server.tell("sources").startswith("0 ")), name
        before, begun = int(server.tell("sources").split()[1]), server.counters()["handlers_begun"]
        future = channel.unary("EchoHeavy").future(request(sleep_ms=20_000))
        # By its handler: a call that is cancelled while it waits for a thread never begins.
        assert until(lambda: server.counters()["handlers_begun"] > begun)
        future.cancel()
        assert until(lambda: int(server.tell("sources").split()[1]) > before)


def test_gzip_both_ways(certificates):
    with Server(certificates) as server:
        with Channel(server, compression=grpc.Compression.Gzip) as channel:
            reply = channel.unary("Echo")(request(text="z" * 500_000), timeout=20)
            assert reply.text == "z" * 500_000
            assert len(list(channel.stream("List")(request(count=100, bytes=5_000), timeout=20))) == 100
            chat = channel.of("stream_stream", "Chat")(iter([request(text="q" * 9_000)] * 50), timeout=20)
            assert len(list(chat)) == 50


def test_a_message_above_the_limit_is_refused(certificates):
    with Server(certificates) as server, Channel(server) as channel:
        big = request(text="x" * (4 << 20))
        assert code_of(lambda: channel.unary("Echo")(big, timeout=20)) == grpc.StatusCode.RESOURCE_EXHAUSTED
        collect = channel.of("stream_unary", "Collect")
        assert code_of(lambda: collect(iter([big]), timeout=20)) == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_bad_bytes_are_invalid_arguments(certificates):
    with Server(certificates) as server, Channel(server) as channel:
        raw = channel.channel.unary_unary(SERVICE + "Echo")
        nested = b""
        for _ in range(200):
            nested = b"\x3a" + bytes([len(nested) & 0x7F | 0x80, len(nested) >> 7]) + nested
        for garbage in (b"\xff" * 10, b"\x0a\x05ab", b"\x0a\x02\xc3\x28", nested):
            assert code_of(lambda: raw(garbage, timeout=20)) == grpc.StatusCode.INVALID_ARGUMENT


def test_a_full_pool_refuses_at_once_and_says_when_to_return(certificates):
    with Server(certificates, "pool_threads=1", "pool_queue_max=1") as server, Channel(server) as channel:
        futures = [channel.unary("EchoHeavy").future(request(sleep_ms=500)) for _ in range(10)]
        codes = [future.code() for future in futures]
        assert grpc.StatusCode.RESOURCE_EXHAUSTED in codes and grpc.StatusCode.OK in codes, codes
        assert server.counters()["calls_shed"] == codes.count(grpc.StatusCode.RESOURCE_EXHAUSTED)


def test_closing_by_peer_ends_its_streams_and_nobody_elses(certificates):
    with Server(certificates) as server, Channel(server) as mine, \
            Channel(server, certificates.other) as theirs:
        lost, kept = mine.stream("Watch")(request()), theirs.stream("Watch")(request())
        next(lost), next(kept)
        server.tell("close " + URI)
        assert code_of(lambda: list(lost)) == grpc.StatusCode.UNAVAILABLE
        assert next(kept) and next(kept)
        assert server.counters()["revoked_closed"] == 1
        kept.cancel()


def test_health_is_checked_and_watched(certificates):
    with Server(certificates) as server, Channel(server) as channel:
        kinds = (health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse)
        check = channel.of("unary_unary", "/grpc.health.v1.Health/Check", *kinds)
        assert check(kinds[0](), timeout=20).status == 1
        assert code_of(lambda: check(kinds[0](service="no.Such"), timeout=20)) == grpc.StatusCode.NOT_FOUND
        watch = channel.of("unary_stream", "/grpc.health.v1.Health/Watch", *kinds)(kinds[0](), timeout=20)
        assert next(watch).status == 1
        server.tell("serving 0")
        assert check(kinds[0](), timeout=20).status == 2
        watch.cancel()


def test_both_reflections_show_the_contract(certificates):
    with Server(certificates) as server, Channel(server) as channel:
        for package, module in reflections.items():
            ask = channel.of("stream_stream", f"/{package}.ServerReflection/ServerReflectionInfo",
                             module.ServerReflectionRequest, module.ServerReflectionResponse)
            asked = [module.ServerReflectionRequest(list_services=""),
                     module.ServerReflectionRequest(file_containing_symbol="entente.test.v1.EchoService"),
                     module.ServerReflectionRequest(file_by_filename="no/such.proto")]
            services, files, missing = ask(iter(asked), timeout=20)
            names = [service.name for service in services.list_services_response.service]
            assert "entente.test.v1.EchoService" in names and "grpc.health.v1.Health" in names
            assert len(files.file_descriptor_response.file_descriptor_proto) >= 3
            assert missing.error_response.error_code == 5


def test_stopping_lets_a_call_finish_and_ends_what_only_waits(certificates):
    with Server(certificates) as server, Channel(server) as channel:
        slow = channel.unary("EchoHeavy").future(request(text="last", sleep_ms=700))
        waiting = channel.stream("Watch")(request())
        next(waiting)
        assert until(lambda: server.counters()["calls_started"] == 2)
        server.daemon.terminate()
        assert slow.result(timeout=20).text == "last"
        assert code_of(lambda: list(waiting)) == grpc.StatusCode.UNAVAILABLE
        assert server.daemon.wait(20) == 0


def test_many_threads_share_a_line(certificates):
    with Server(certificates, "workers=2") as server, Channel(server) as channel:
        wrong = []

        def work(which):
            for i in range(100):
                text = f"{which}/{i}"
                if channel.unary("EchoHeavy" if i % 10 == 0 else "Echo")(request(text=text), timeout=30).text != text:
                    wrong.append(text)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert not wrong


def test_streams_that_together_fill_the_lines_queue_all_arrive(certificates):
    # A server that stops reading while much is queued never sees the credit that would empty the queue.
    with Server(certificates) as server, Channel(server) as channel:
        calls = [channel.stream("List")(request(count=8, bytes=200_000), timeout=120) for _ in range(30)]
        got = [0] * len(calls)

        def read(i):
            got[i] = sum(len(reply.padding) for reply in calls[i])

        threads = [threading.Thread(target=read, args=(i,)) for i in range(len(calls))]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert got == [8 * 200_000] * len(calls), got


def test_a_chat_whose_answers_nobody_reads_is_not_asked_for_more(certificates):
    import h2.config
    import h2.connection
    with Server(certificates) as server:
        line = server.connect()
        line.settimeout(1)
        peer = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        peer.initiate_connection()
        peer.send_headers(1, [(":method", "POST"), (":scheme", "https"), (":authority", "localhost"),
                              (":path", SERVICE + "Chat"), ("content-type", "application/grpc"),
                              ("te", "trailers")])
        body = request(text="x" * 16_000).SerializeToString()
        frame = b"\0" + len(body).to_bytes(4, "big") + body
        sent = 0
        while sent < 64 << 20:
            if peer.local_flow_control_window(1) >= len(frame):
                peer.send_data(1, frame)
                sent += len(frame)
                line.sendall(peer.data_to_send())
                continue
            try:
                peer.receive_data(line.recv(65_536))  # the answers are never acknowledged
            except TimeoutError:
                break
        assert sent < 2 << 20, f"{sent} bytes were taken"
        line.close()


if __name__ == "__main__":
    main(globals())
