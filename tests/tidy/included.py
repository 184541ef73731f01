"""Which header of ours a source uses a function of, and does not include, itself or by another. In a lot of sources that are
compiled together the others hide it; alone, as whoever works on it compiles it, it is no C++."""
import functools
import re

# A function's name where it is declared or defined, or a lambda's: behind a type, not behind `return` and the like.
DECLARED = re.compile(r"(?:^|[ \t({<,])(?!return\b|co_return\b|throw\b|else\b|case\b|new\b|delete\b|not\b|and\b|or\b)"
                      r"[A-Za-z_][\w:]*(?:<[^;(){}]*>)?[ &*]+(?:\w+::)*([a-z]\w*)\(|\b(\w+)\s*=\s*\[", re.M)
AT_HEADER = re.compile(r"^(?:\[\[nodiscard\]\] )?(?:inline |constexpr |template[^>]*> )*[A-Za-z_][\w:<>,&* ]*?[ &*]([a-z]\w*_\w+)\(")
CALLED = re.compile(r"(?<![\w.:>])(?:client::|identity::|policy::|ledger::|store::|net::|wire::|note::|merkle::)?([a-z]\w*_\w*\w)\(")


def code_of(text):
    """Without comments and strings."""
    return re.sub(r'"(\\.|[^"\\\n])*"', '""', re.sub(r"//[^\n]*", "", text))


class Sources:
    """`texts`: of every source, by its name."""

    def __init__(self, texts):
        self.texts = texts
        self.includes = {name: re.findall(r'^#include "([^"]+)"', text, re.M) for name, text in texts.items()}
        self.code = {name: code_of(text) for name, text in texts.items()}
        declares, headers = {}, {}
        for name, code in self.code.items():
            for found in DECLARED.finditer(code):
                declares.setdefault(found[1] or found[2], set()).add(name.rsplit(".", 1)[0])
            for line in code.split("\n") if name.endswith(".h") else ():
                if (found := AT_HEADER.match(line)) and not line.startswith("return"):
                    headers.setdefault(found[1], set()).add(name)
        # Of one header alone, and of nobody else, not as a member either: then its name says whose it is.
        self.home = {word: (header,) for word, (header, *others) in headers.items()
                     if not others and declares.get(word, set()) <= {header.rsplit(".", 1)[0]}}

    @functools.cache
    def reached(self, name):
        seen, ahead = {name}, [name]
        while ahead:
            for header in self.includes.get(ahead.pop(), ()):
                if header not in seen:
                    seen.add(header)
                    ahead.append(header)
        return seen

    def missing(self, name):
        """Line, function, header."""
        for number, line in enumerate(self.code[name].split("\n"), 1):
            for word in CALLED.findall(line):
                header = self.home.get(word, (name,))[0]
                if header not in self.reached(name) and not re.search(rf"[\w>][ &*]+{word}\s*[,)=;]", self.code[name]):
                    yield number, word, header
