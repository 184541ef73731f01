"""Papers for the portal's journeys: PDFs of some pages, a text, and a file that says it is a PDF and is not."""


def pdf(*pages):
    """A PDF with these lines of text, a page each."""
    kids = " ".join(f"{5 + 2 * at} 0 R" for at in range(len(pages)))
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
               b"<< /Font << /F 4 0 R >> >>", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    for at, words in enumerate(pages):
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources 3 0 R >>" % (6 + 2 * at))
        text = b"BT /F 16 Tf 72 740 Td (%s) Tj ET" % words.encode("latin-1")
        objects.append(b"<< /Length %d >>\nstream\n" % len(text) + text + b"\nendstream")
    out, table = b"%PDF-1.4\n", b"0000000000 65535 f \n"
    for number, one in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n" % number + one + b"\nendobj\n"
    end = b"xref\n0 %d\n" % (len(objects) + 1) + table + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return out + end % (len(objects) + 1, len(out))


PAPERS = [  # account, file, content, options
    ("helena.brandt", "returns.pdf", pdf("Returns in 2026", "Second page of returns"),
     ["--kind", "background-paper", "--title", "Returns in 2026", "--title", "fr=Les retours en 2026", "--abstract", "What the states have said so far.",
      "--topic", "returns", "--country", "SWE,CHE", "--to", "members,secretariat", "--handling", "restricted"]),
    ("helena.brandt", "agenda.pdf", pdf("Agenda of the spring meeting"),
     ["--kind", "agenda", "--title", "Agenda of the spring meeting", "--to", "members,secretariat", "--handling", "limited"]),
    ("helena.brandt", "guidelines.pdf", pdf("Guidelines on family reunification"),
     ["--kind", "guidelines", "--title", "<script>alert(1)</script> لم شمل الأسرة", "--topic", "family", "--to", "members,secretariat",
      "--handling", "limited"]),
    ("anna.lindqvist", "page.pdf", b"<!doctype html><script>document.title='run'</script><h1>I am a page</h1>\n",
     ["--kind", "annex", "--title", "Not what it says", "--to", "members,secretariat", "--handling", "limited", "--type", "application/pdf"]),
]


def bring(entente, folder):
    """Brings all of them; `entente(account, *words)` runs the command line. Their names by file."""
    names = {}
    for account, file, content, options in PAPERS:
        with open(f"{folder}/{file}", "wb") as out:
            out.write(content)
        said = entente(account, "document", "upload", f"{folder}/{file}", "--process", "igc", "--yes", *options)
        names[file] = next(word for word in said.split() if word.startswith("documents/")).rstrip(",:;.")
    with open(f"{folder}/retours.pdf", "wb") as out:
        out.write(pdf("Les retours en 2026", "Deuxieme page"))
    entente("helena.brandt", "document", "upload", f"{folder}/retours.pdf", "--of", names["returns.pdf"], "--language", "fr",
            "--status", "official-translation", "--yes")
    entente("helena.brandt", "circulate", names["returns.pdf"], "--note", "For Thursday's meeting", "--for", "comment", "--deadline", "2099-01-01")
    entente("helena.brandt", "circulate", names["agenda.pdf"], "--for", "approval-by-silence", "--deadline", "2099-01-02T12:00:00Z")
    entente("helena.brandt", "circulate", names["guidelines.pdf"], "--for", "information")
    return names
