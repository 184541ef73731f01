"""A restricted paper by plain HTTP and by gRPC, from outside: ranges, resume, receipts, what curl and poppler make of it.
BUILD names the build folder."""
import hashlib
import http.client
import pathlib
import random
import re
import ssl
import subprocess
import tempfile
import unittest
import zlib

import small_network
from small_network import Caller, SmallNetwork


def small_pdf(pages):
    """Empty pages, each turned by a quarter more."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>",
               b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, b" ".join(b"%d 0 R" % (n + 3) for n in range(pages)))]
    objects += [b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate %d >>" % (n % 4 * 90) for n in range(pages)]
    return pdf_of(objects)


def pdf_of(objects):
    """Of these, numbered from 1, the catalog first."""
    out, table = b"%PDF-1.5\n", b"0000000000 65535 f \n"
    for number, one in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n" % number + one + b"\nendobj\n"
    return out + b"xref\n0 %d\n" % (len(objects) + 1) + table + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, len(out))


class Documents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        global D
        cls.folder = tempfile.TemporaryDirectory()
        small_network.make_messages(cls.folder.name)
        from entente.v1 import documents_pb2 as D
        cls.net = SmallNetwork()
        cls.who = {account: Caller(cls.net, account) for account in ("ines", "anna", "nora", "uma")}
        for one in cls.who.values():
            assert one.sign_in().ok
        cls.pdf = cls.bring("paper.pdf", "application/pdf", small_pdf(5), 3)
        cls.text = bytes(range(256)) * 4000
        cls.file = cls.bring("d\u00e9tail (2).bin", "application/octet-stream", cls.text, 3)
        cls.open = cls.bring("open.txt", "text/html", cls.text, 2)

    @classmethod
    def tearDownClass(cls):
        for one in cls.who.values():
            one.close()
        cls.net.stop()
        cls.net.remove()
        cls.folder.cleanup()

    @classmethod
    def bring(cls, file_name, media_type, content, handling):
        audience = ["process/alpha/members", "process/alpha/secretariat"]
        begin = D.BeginContentRequest(
            upload_id=hashlib.sha256(content + file_name.encode()).hexdigest(),
            content=dict(language="en", file_name=file_name, media_type=media_type, bytes=len(content)),
            document=D.Document(kind=D.Document.STUDY, process="processes/alpha", title={"by_language": {"en": file_name}},
                                visibility={"handling": handling, "audience": {"any_of": audience}}))
        ines = cls.who["ines"]
        begun = ines.ask("DocumentService.BeginContent", begin)
        assert begun.ok, begun
        assert "2 states" in D.ContentProgress.FromString(begun.body).readers.in_words, begun
        for at in range(0, len(content), 1 << 20):
            sent = ines.ask("DocumentService.SendContent", D.SendContentRequest(
                upload_id=begin.upload_id, offset=at, content=content[at:at + (1 << 20)]))
            assert sent.ok, sent
        kept = ines.ask("DocumentService.FinishContent", D.FinishContentRequest(
            upload_id=begin.upload_id, sha256=hashlib.sha256(content).digest()))
        assert kept.ok, kept
        return D.Document.FromString(kept.body).name

    def get(self, account, path, method="GET", **headers):
        context = ssl.create_default_context(cafile=self.net.dir + "/ca.pem")
        context.load_cert_chain(*self.net.credentials(account))
        line = http.client.HTTPSConnection("localhost", self.net.port, context=context, timeout=30)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        token = self.who[account].token
        line.request(method, path, headers={"Authorization": "Bearer " + token, **headers} if token else headers)
        answer = line.getresponse()
        body = answer.read()
        line.close()
        return answer.status, {key.lower(): value for key, value in answer.getheaders()}, body

    def test_who_stalls_uploads_is_told_so_and_hinders_nobody(self):
        anna, content = self.who["anna"], b"stalled " * 40_000
        def begin(number):
            return D.BeginContentRequest(upload_id=f"stalled-{number}", content=dict(
                language="en", file_name="a.bin", media_type="application/octet-stream", bytes=len(content)), document=D.Document(
                kind=D.Document.STUDY, process="processes/alpha", title={"by_language": {"en": f"Stalled {number}"}},
                visibility={"handling": 2, "audience": {"any_of": ["process/alpha/members"]}}))
        piece = lambda at: anna.ask("DocumentService.SendContent", D.SendContentRequest(
            upload_id="stalled-0", offset=at, content=content[at:at + 100_000]))
        for number in range(8):
            self.assertTrue(anna.ask("DocumentService.BeginContent", begin(number)).ok)
        self.assertTrue(piece(0).ok)
        refused = anna.ask("DocumentService.BeginContent", begin(8))
        self.assertEqual((refused.code, refused.message), ("RESOURCE_EXHAUSTED", "too many uploads are under way"))
        self.bring("meanwhile.bin", "application/octet-stream", b"of somebody else", 2)
        # It goes on where it stood: what came before, or comes again, or of another upload, does not count.
        self.assertEqual(D.ContentProgress.FromString(anna.ask("DocumentService.BeginContent", begin(0)).body).offset, 100_000)
        for at in (0, 200_000):
            self.assertEqual((piece(at).code, piece(at).message), ("FAILED_PRECONDITION", "the upload stands at byte 100000"))
        self.assertEqual(self.who["nora"].ask("DocumentService.SendContent", D.SendContentRequest(
            upload_id="stalled-0", offset=100_000, content=b"x")).code, "NOT_FOUND")
        finish = lambda sent: anna.ask("DocumentService.FinishContent", D.FinishContentRequest(
            upload_id="stalled-0", sha256=hashlib.sha256(sent).digest()))
        self.assertEqual(finish(content).code, "INVALID_ARGUMENT")
        for at in (100_000, 200_000, 300_000):
            self.assertTrue(piece(at).ok)
        self.assertEqual(finish(content + b"x").code, "INVALID_ARGUMENT")
        name = D.Document.FromString(finish(content).body).name
        self.assertEqual(self.get("nora", f"/{name}/content")[2], content)

    def readings(self, name):
        answer = self.who["ines"].ask("DocumentService.GetReaders", D.GetReadersRequest(name=name))
        return sum(one.readings for one in D.Readers.FromString(answer.body).readers)

    def test_poppler_reads_the_name_on_every_page_however_it_is_turned(self):
        status, headers, body = self.get("anna", f"/{self.pdf}/content")
        self.assertEqual(status, 200)
        self.assertEqual(headers["content-type"], "application/pdf")
        with open(self.folder.name + "/copy.pdf", "wb") as out:
            out.write(body)
        text = subprocess.run(["pdftotext", "-raw", self.folder.name + "/copy.pdf", "-"], capture_output=True,
                              text=True, check=True).stdout
        pages = text.split("\f")[:-1]
        self.assertEqual(len(pages), 5)
        for page in pages:
            self.assertRegex(page, r"RESTRICTED - copy \d+ of [0-9a-f]{8} - for Anna Tester \(anna\), SWE - 20\d\d-")

    def test_no_page_hides_the_mark_however_its_content_is_made(self):
        clip = b"0 0 1 1 re W n "
        hidden = b"<< /Properties << /M %d 0 R >> >>"
        chance = random.Random(1)
        damaged = zlib.compress(clip + b"q " + b" ".join(b"%d %d m" % (chance.randrange(999), chance.randrange(999)) for _ in range(3000)))
        damaged = damaged[:len(damaged) // 2] + b"\xff" * 40 + damaged[len(damaged) // 2 + 40:]
        pages = [  # what stands on a page, and what it draws
            (b"", clip + b"q"), (b"", b"Q Q " + clip), (b"", b"0.01 0 0 0.01 0 0 cm q q"), (b"", b"BT 3 Tr"),
            (b"/Rotate 90", clip + b"q q q Q Q Q Q q"), (b"/CropBox [-900 -900 2000 2000]", b""), (b"/CropBox [-100 -50 200 150]", b""),
            (b"", b"BI /W 1 /H 1 /BPC 8 /CS /G ID q EI " + clip + b"Q"),
            (b"/Resources " + hidden, b"/OC /M BDC /OC /M BDC EMC"),
            (b"", clip + b") ] >> <zz> % (x"), (b"", clip + b"/A#0"), (b"/Damaged true", damaged), (b"", b"m"),
            *((b"/Annots [<< /Type /Annot /F 4 %s >>]" % note, b"") for note in (  # annotations are drawn over the content
                b"/Subtype /Stamp /Rect [0 0 400 300] /AP << /N %w 0 R >>", b"/Subtype /Stamp /Rect [400 300 0 0] /AP << /N << /On %w 0 R >> >> /AS /On",
                b"/Subtype /Square /Rect [0 0 400 300] /IC [1 1 1] /C [1 1 1]", b"/Subtype /FreeText /Rect [0 0 400 30] /C [1 1 1] /DA (/Helv 9 Tf) /Contents (x)",
                b"/Subtype /Widget /FT /Tx /T (x) /Rect [0 0 400 30] /AP << /N %w 0 R >>", b"/Subtype /Widget /FT /Tx /T (y) /Rect [0 0 400 30] /MK << /BG [1 1 1] >>",
                b"/Subtype /Link /Rect [0 0 400 30] /C [1 1 1] /Border [0 0 900]", b"/Subtype /Line /Rect [0 190 400 210] /L [0 200 400 200] /C [1 1 1] /BS << /W 400 >>",
                b"/Subtype /Stamp /Rect [0 0 400 300] /AP << /N %w 0 R >> /OC %d 0 R", b"/Subtype /Stamp /Rect [0 -100000 .0000000001 99999] /AP << /N %w 0 R >>",
                b"/Subtype /Watermark /Rect [0 200 400 500] /AP << /N %w 0 R >> /FixedPrint << /Type /FixedPrint /Matrix [1 0 0 1 0 0] /H 0 /V 0 >>",
                b"/Subtype /Highlight /QuadPoints [0 30 400 30 0 0 400 0] /C [1 1 1]")),
            (b"/Rotate 90 /Annots [<< /Type /Annot /Subtype /Stamp /F 4 /Rect [370 0 400 300] /AP << /N %w 0 R >> >>]", b""),
            *((b"", clip + cut) for cut in (b"(never (closed", b"(a\\)", b"<41", b"[ 1 2", b"/A << /B 1", b"BI /W 1 /H 1 /BPC 8 /CS /G ID qq"))]
        layer = 3 + 2 * len(pages)
        objects = [b"<< /Type /Catalog /Pages 2 0 R /OCProperties << /OCGs [%d 0 R] /D << /OFF [%d 0 R] >> >> >>" % (layer, layer),
                   b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(pages), b" ".join(b"%d 0 R" % (3 + 2 * n) for n in range(len(pages))))]
        for number, (has, draws) in enumerate(pages):
            has = has.replace(b"%d", b"%d" % layer).replace(b"%w", b"%d" % (layer + 1))
            objects += [b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Contents %d 0 R %s >>" % (4 + 2 * number, has),
                        b"<< /Length %d %s >>\nstream\n%s\nendstream" % (
                            len(draws), b"/Filter /FlateDecode" if b"Damaged" in has else b"", draws)]
        white = b"1 1 1 rg 0 0 10 10 re f"
        pdf = pdf_of(objects + [b"<< /Type /OCG /Name (hidden) >>", b"<< /Type /XObject /Subtype /Form /BBox [0 0 10 10] /Length %d >>\nstream\n%s\nendstream" % (
            len(white), white)])
        status, _, body = self.get("anna", f"/{self.bring('hostile.pdf', 'application/pdf', pdf, 3)}/content")
        self.assertEqual(status, 200)
        with open(self.folder.name + "/hostile.pdf", "wb") as out:
            out.write(body)
        subprocess.run(["pdftoppm", "-cropbox", "-r", "72", self.folder.name + "/hostile.pdf", self.folder.name + "/page"],
                       capture_output=True, check=True)
        shown = sorted(pathlib.Path(self.folder.name).glob("page-*.ppm"))
        self.assertEqual(len(shown), len(pages))
        for page, made in zip(shown, pages):
            _, size, _, pixels = page.read_bytes().split(b"\n", 3)
            width, height = map(int, size.split())
            below = pixels[3 * width * (height - 25):]  # the edge along which it stands
            red = sum(below[at] > below[at + 1] + 60 for at in range(0, len(below), 3))
            self.assertGreater(red, 20, made)

    def test_what_is_tagged_is_read_aloud_from_the_copy_as_from_the_original(self):
        drawn = b"/H1 << /MCID 0 >> BDC BT /F 9 Tf 20 200 Td (%s) Tj ET EMC /P << /MCID 1 >> BDC BT /F 9 Tf 20 100 Td (text of %s) Tj ET EMC"
        pages = []
        for first, title in ((5, b"One"), (7, b"Two")):
            content = drawn % (title, title)
            pages += [b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Contents %d 0 R /Resources << /Font << /F 9 0 R >> >> "
                      b"/StructParents %d >>" % (first + 1, (first - 5) // 2),
                      b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)]
        pdf = pdf_of([b"<< /Type /Catalog /Pages 2 0 R /MarkInfo << /Marked true >> /Lang (en) /StructTreeRoot 3 0 R >>",
                      b"<< /Type /Pages /Count 2 /Kids [5 0 R 7 0 R] >>",
                      b"<< /Type /StructTreeRoot /K 4 0 R /ParentTree << /Nums [0 [10 0 R 11 0 R] 1 [12 0 R 12 0 R]] >> >>",
                      b"<< /Type /StructElem /S /Document /P 3 0 R /K [10 0 R 11 0 R 12 0 R] >>", *pages,
                      b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
                      b"<< /Type /StructElem /S /H1 /P 4 0 R /Pg 5 0 R /K 0 >>", b"<< /Type /StructElem /S /P /P 4 0 R /Pg 5 0 R /K [1] >>",
                      b"<< /Type /StructElem /S /P /P 4 0 R /K [<< /Type /MCR /Pg 7 0 R /MCID 0 >> << /Type /MCR /Pg 7 0 R /MCID 1 >>] >>"])
        said = []
        for name, body in (("plain", pdf), ("copy", self.get("anna", f"/{self.bring('tagged.pdf', 'application/pdf', pdf, 3)}/content")[2])):
            path = f"{self.folder.name}/{name}-tagged.pdf"
            with open(path, "wb") as out:
                out.write(body)
            said.append(subprocess.run(["pdfinfo", "-struct-text", path], capture_output=True, text=True, check=True).stdout)
        self.assertIn('"text of Two"', said[0])
        self.assertEqual(said[0], said[1])

    def test_a_transfer_that_broke_goes_on_without_another_receipt(self):
        before = self.readings(self.file)
        status, headers, body = self.get("anna", f"/{self.file}/content", Range="bytes=0-99999")
        self.assertEqual(status, 206)
        self.assertEqual(headers["content-length"], "100000")
        size = int(headers["content-range"].split("/")[1])
        etag = headers["etag"]
        status, headers, rest = self.get("anna", f"/{self.file}/content", Range="bytes=100000-", If_Range=etag)
        self.assertEqual(status, 206)
        self.assertEqual(headers["etag"], etag)
        whole = body + rest
        self.assertEqual(len(whole), size)
        self.assertEqual(self.readings(self.file), before + 1)
        self.assertTrue(whole.startswith(self.text))
        self.assertRegex(whole[len(self.text):].decode(), r"^\nRESTRICTED - copy \d+ .* for Anna Tester")
        # The last bytes; what lies beyond; what is no range.
        reading = re.search(r"readings/(\d+)", etag)[1]
        path = f"/{self.file}/content?reading={reading}"
        self.assertEqual(self.get("anna", path, Range="bytes=-5")[2], whole[-5:])
        status, headers, _ = self.get("anna", path, Range=f"bytes={size}-")
        self.assertEqual((status, headers["content-range"]), (416, f"bytes */{size}"))
        for nonsense in ("bytes=9-1", "bytes=a-b", "lines=1-2", "bytes=0-1,3-4", "bytes=-", "bytes=99999999999999999999-"):
            status, _, body = self.get("anna", path, Range=nonsense)
            self.assertEqual((status, len(body)), (200, size), nonsense)
        # It is nobody else's copy.
        self.assertEqual(self.get("nora", path)[0], 404)
        self.assertEqual(self.readings(self.file), before + 1)

    def test_a_download_ends_with_the_right_to_it(self):
        content = random.Random(7).randbytes(24 << 20)  # more than the sockets between take
        name = self.bring("long.bin", "application/octet-stream", content, 2)
        lines = {}
        for account in ("anna", "ines"):
            context = ssl.create_default_context(cafile=self.net.dir + "/ca.pem")
            context.load_cert_chain(*self.net.credentials(account))
            line = http.client.HTTPSConnection("localhost", self.net.port, context=context, timeout=30)
            line.request("GET", f"/{name}/content", headers={"Authorization": "Bearer " + self.who[account].token})
            answer = line.getresponse()
            self.assertEqual(answer.status, 200)
            lines[account] = (line, answer, answer.read(1000))
        self.assertTrue(self.who["ines"].ask("DocumentService.WithdrawDocument", D.WithdrawDocumentRequest(name=name)).ok)
        line, answer, begun = lines["anna"]
        with self.assertRaises((http.client.IncompleteRead, OSError)):
            answer.read()
        line, answer, begun = lines["ines"]  # whose it is
        self.assertEqual(begun + answer.read(), content)
        for line, *_ in lines.values():
            line.close()

    def test_it_is_an_attachment_that_no_browser_runs(self):
        status, headers, body = self.get("anna", f"/{self.file}/content")
        self.assertEqual(headers["content-disposition"], "attachment; filename*=UTF-8''d%C3%A9tail%20%282%29.bin")
        for path in (self.file, self.open):
            _, headers, _ = self.get("anna", f"/{path}/content")
            self.assertEqual(headers["x-content-type-options"], "nosniff")
            self.assertEqual(headers["content-security-policy"], "sandbox; default-src 'none'")
            self.assertEqual(headers["cache-control"], "private, no-store")
            self.assertTrue(headers["content-disposition"].startswith("attachment;"))
        self.assertEqual(self.get("anna", f"/{self.open}/content")[2], self.text)
        self.assertEqual(self.get("anna", f"/{self.open}/content", "HEAD")[0], 200)
        self.assertEqual(self.get("anna", f"/{self.open}/content", "POST")[0], 405)
        # To ask how long it is is not to read it.
        before = self.readings(self.file)
        self.assertEqual(self.get("anna", f"/{self.file}/content", "HEAD")[0], 405)
        self.assertEqual(self.readings(self.file), before)

    def test_an_observer_gets_what_an_absent_one_gets(self):
        absent = "documents/" + "f" * 32
        faces = set()
        for name in (self.pdf, self.file, self.open, absent):
            status, headers, body = self.get("uma", f"/{name}/content")
            headers.pop("date", None)
            faces.add((status, str(sorted(headers.items())), body.replace(name.encode(), b"?")))
        self.assertEqual(len(faces), 1, faces)
        self.assertEqual(faces.pop()[0], 404)
        for path in ("/documents/x/content", f"/{absent}", "/documents/", f"/{self.pdf}/content/more"):
            self.assertEqual(self.get("anna", path)[0], 404, path)

    def test_without_a_session_nothing_is_said(self):
        token, self.who["nora"].token = self.who["nora"].token, ""
        try:
            faces = {self.get("nora", f"/{name}/content")[2] for name in (self.pdf, "documents/" + "f" * 32)}
            self.assertEqual(len(faces), 1)
            self.assertEqual(self.get("nora", f"/{self.pdf}/content")[0], 401)
        finally:
            self.who["nora"].token = token


if __name__ == "__main__":
    unittest.main(verbosity=2)
