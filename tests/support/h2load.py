"""h2load with a client certificate, which it has no option for: a library loaded before it gives one to every context
that it makes. Shared by the tests and the benchmarks."""
import os
import pathlib
import re
import subprocess

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <openssl/ssl.h>
#include <stdlib.h>
SSL_CTX *SSL_CTX_new(const SSL_METHOD *method) {
  SSL_CTX *(*made)(const SSL_METHOD *) = dlsym(RTLD_NEXT, "SSL_CTX_new");
  SSL_CTX *context = made(method);
  if (context == NULL || getenv("H2LOAD_CERTIFICATE") == NULL) return context;
  if (SSL_CTX_use_certificate_chain_file(context, getenv("H2LOAD_CERTIFICATE")) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, getenv("H2LOAD_KEY"), SSL_FILETYPE_PEM) != 1)
    abort();
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  return context;
}
"""


def make_shim(folder):
    library = pathlib.Path(folder) / "h2load_shim.so"
    if not library.exists():
        library.with_suffix(".c").write_text(SHIM)
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, library.with_suffix(".c"), "-lssl", "-lcrypto",
                        "-ldl"], check=True)
    return library


class Load:
    """What one run of h2load said. `codes`: how many answers of each class; `each`: bytes of body an answer."""

    def __init__(self, done):
        self.text = done.stdout + done.stderr
        rate = re.search(r"finished in [\d.]+\w+, ([\d.]+) req/s", self.text)
        count = re.search(r"requests: (\d+) total, (\d+) started, (\d+) done, (\d+) succeeded, (\d+) failed", self.text)
        codes = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", self.text)
        data = re.search(r"traffic: .* \((\d+)\) data", self.text)
        if not (rate and count and codes and data):
            raise RuntimeError("h2load said nothing that can be read:\n" + self.text)
        self.rate, self.total, self.failed = float(rate[1]), int(count[1]), int(count[5])
        self.codes = dict(zip("2345", map(int, codes.groups())))
        self.each = int(data[1]) / self.total

    @property
    def all_answered(self):
        return self.failed == 0 and self.codes["2"] == self.total


def h2load(folder, url, pem_and_key, *arguments, **more):
    """`folder`: where the library is kept between runs. `pem_and_key`: the client's certificate and key."""
    environment = dict(os.environ, LD_PRELOAD=str(make_shim(folder)), H2LOAD_CERTIFICATE=str(pem_and_key[0]),
                       H2LOAD_KEY=str(pem_and_key[1]))
    return Load(subprocess.run(["h2load", "-t", "1", *map(str, arguments), url], capture_output=True, text=True,
                               timeout=600, env=environment, **more))
