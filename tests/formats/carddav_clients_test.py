"""vdirsyncer copies every card from our CardDAV handler, and khard reads what it copied.

carddav_clients_test.py SERVE_SAMPLE. A socket of Python's stands before the handler; the test against the server
itself is in tests/system.
"""
import http.server
import os
import pathlib
import subprocess
import sys
import tempfile
import threading


def serve_with(program):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            lines = [self.command, self.path, str(len(self.headers))]
            for name, value in self.headers.items():
                lines += [name.lower(), value]
            said = subprocess.run([program], input="\n".join(lines).encode() + b"\n" + body,
                                  stdout=subprocess.PIPE, check=True).stdout
            head, _, body = said.partition(b"\n\n")
            status, *headers = head.decode().split("\n")
            self.send_response_only(int(status))
            for line in headers:
                name, _, value = line.partition(": ")
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def __getattr__(self, name):
            if name.startswith("do_"):
                return self.answer
            raise AttributeError(name)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"FAILED: {' '.join(command)}\n{done.stdout}")
    return done.stdout


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        server = serve_with(sys.argv[1])
        port = server.server_address[1]
        (folder / "vdirsyncer.conf").write_text(f"""
[general]
status_path = "{folder}/status"
[pair people]
a = "here"
b = "there"
collections = ["from b"]
conflict_resolution = "b wins"
[storage here]
type = "filesystem"
path = "{folder}/cards"
fileext = ".vcf"
[storage there]
type = "carddav"
url = "http://127.0.0.1:{port}/carddav/"
read_only = true
""")
        sync = ["vdirsyncer", "-c", str(folder / "vdirsyncer.conf")]
        environment = dict(os.environ, HOME=name, LC_ALL="C.UTF-8")
        run(*sync, "discover", "people", input="y\ny\ny\ny\n", env=environment)
        run(*sync, "sync", env=environment)
        for book in ("igc", "budapest"):
            cards = list((folder / "cards" / book).glob("*.vcf"))
            if len(cards) < 17:
                sys.exit(f"FAILED: {len(cards)} cards in {book}")
            (folder / "khard.conf").write_text(
                f"[addressbooks]\n[[{book}]]\npath = {folder}/cards/{book}\n[general]\n[vcard]\n")
            listed = run("khard", "-c", str(folder / "khard.conf"), "list", "--parsable", env=environment)
            if len(listed.strip().split("\n")) != len(cards):
                sys.exit(f"FAILED: khard lists {listed}")
            print(f"{book}: {len(cards)} cards copied by vdirsyncer, all of them read by khard")
        # A second time: nothing to do, and nothing written.
        again = run(*sync, "-vDEBUG", "sync", env=environment)
        if "Copying" in again or "PUT" in again:
            sys.exit(f"FAILED: the second time was not quiet\n{again}")
        server.shutdown()


main()
