"""SDMX's web service as the tools of the trade meet it: each message is valid by the official schemas, and R's rsdmx reads the
numbers that were brought. ENTENTE_DATA names the folder of the schemas; without it their part is skipped, loudly."""
import csv
import hashlib
import io
import json
import os
import pathlib
import subprocess
import tempfile
import time
import unittest

import doors
import small_network
from small_network import SmallNetwork, Caller, TOP

DATA = pathlib.Path(os.environ.get("ENTENTE_DATA", TOP.parent / "shared/data")) / "sdmx/schemas"
HEADER = "DATAFLOW,FREQ,REF_AREA,CITIZEN,SEX,AGE,APPLICATION,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n"
FIGURES = {("AFG", "2018"): 608, ("AFG", "2019"): 679, ("SYR", "2018"): 1205, ("SYR", "2019"): 1089}
FLOW = "/sdmx/2.1/data/ALPHA,ASYLUM,1.0/all"


SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def rscript(code):
    done = subprocess.run(["Rscript", "--vanilla", "-e", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Sdmx(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        global S, T, X
        cls.folder = tempfile.TemporaryDirectory()
        small_network.make_messages(cls.folder.name)
        from entente.v1 import session_pb2 as S, statistics_pb2 as T, structures_pb2 as X
        cls.net = SmallNetwork()
        cls.anna = Caller(cls.net, "anna")
        assert cls.anna.sign_in().ok
        cls.bring()
        made = cls.anna.ask("SessionService.CreateApplicationPassword", S.CreateApplicationPasswordRequest(
            scope=S.SCOPE_STATISTICS, label="R"))
        password = S.CreateApplicationPasswordReply.FromString(made.body).password
        cls.tool = doors.Tool(cls.net, "anna", "anna", password)

    @classmethod
    def tearDownClass(cls):
        cls.tool.close()
        cls.anna.close()
        cls.net.stop()
        cls.net.remove()
        cls.folder.cleanup()

    @classmethod
    def bring(cls):
        rows = "".join(f"ALPHA:ASYLUM(1.0),A,SWE,{citizen},_T,_T,N,{year},{value},A,F\n"
                       for (citizen, year), value in FIGURES.items())
        content = (HEADER + rows).encode()
        for method, request in [
                ("BeginUpload", T.BeginUploadRequest(upload_id="r", dataflow="dataflows/ALPHA.ASYLUM", action=T.REPLACE,
                                                     format=T.SDMX_CSV)),
                ("SendPiece", T.SendPieceRequest(upload_id="r", content=content)),
                ("FinishUpload", T.FinishUploadRequest(upload_id="r", sha256=hashlib.sha256(content).digest()))]:
            answer = cls.anna.ask("StatisticsService." + method, request)
            assert answer.ok, answer

    def get(self, path, accept=""):
        status, body, headers = self.tool.ask("GET", path, **({"Accept": accept} if accept else {}))
        self.assertEqual(status, 200, f"{path} as {accept}: {body[:500]}")
        return body, dict(headers)["content-type"]

    def keep(self, name, body):
        path = pathlib.Path(self.folder.name) / name
        path.write_bytes(body)
        return str(path)

    def schemas(self):
        if not DATA.is_dir():
            self.skipTest(f"SKIPPED: no schemas at {DATA}")
        return DATA

    def test_the_structures_are_valid_sdmx_ml(self):
        schema = self.schemas() / "ml-2.1/SDMXMessage.xsd"
        for path in ("dataflow/ALPHA/ASYLUM?references=all", "dataflow", "codelist/ENTENTE/CL_SEX/1.0", "conceptscheme",
                     "datastructure", "structure", "agencyscheme", "provisionagreement/ALPHA?references=children",
                     "contentconstraint", "dataflow?detail=allstubs&references=descendants", "codelist/ENTENTE/CL_SEX/1.0/F",
                     "availableconstraint/ALPHA,ASYLUM?references=all"):
            body, kind = self.get("/sdmx/2.1/" + path)
            self.assertTrue(kind.startswith("application/vnd.sdmx.structure+xml"), kind)
            done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", schema, self.keep("structures.xml", body)],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, path + "\n" + done.stderr[:3000])

    def test_the_oecds_structures_come_in_and_go_out(self):
        """The real International Migration Database: brought in by a secretariat, served to a member, valid."""
        sample = self.schemas().parent / "oecd-mig/DSD_MIG_dataflow_metadata.xml"
        ines = Caller(self.net, "ines")
        self.assertTrue(ines.sign_in().ok)
        self.addCleanup(ines.close)
        request = X.ImportStructuresRequest(process="processes/alpha", content=sample.read_bytes())
        for method in ("CheckStructures", "ImportStructures"):
            answer = ines.ask("StructureService." + method, request)
            self.assertTrue(answer.ok, answer)
            reply = X.ImportStructuresReply.FromString(answer.body)
            self.assertIn("dataflows/OECD.ELS.IMD.DSD_MIG@DF_MIG", reply.changed)
            self.assertIn("category-schemes/OECD.OECDCS1", reply.changed)
        regions = self.schemas().parent / "samples/ml-2.1/providers/IMF_hierarchicalcodelist-0.xml"
        places = regions.read_text().split("<str:HierarchicalCode ")[1:]
        codes = sorted({one.split(' id="')[1].split('"')[0] for one in places})
        areas = {"data": {"codelists": [{"id": "CL_REF_AREA", "agencyID": "IMF", "version": "1.0", "name": "Areas",
                                         "codes": [{"id": one, "name": one} for one in codes]}]}}
        for content in (json.dumps(areas).encode(), regions.read_bytes()):
            answer = ines.ask("StructureService.ImportStructures", X.ImportStructuresRequest(content=content))
            self.assertTrue(answer.ok, answer)
        self.assertEqual(self.get("/sdmx/2.1/hierarchicalcodelist/IMF/TST")[0].count(b"<str:HierarchicalCode "), len(places))
        path = "dataflow/OECD.ELS.IMD/DSD_MIG@DF_MIG?references=all"
        arranged = "categoryscheme?references=all", "categorisation", "hierarchicalcodelist?references=children"
        for asked in (path, *arranged):
            body, _ = self.get("/sdmx/2.1/" + asked)
            self.assertTrue(asked != path or "Suède".encode() in body)
            done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", self.schemas() / "ml-2.1/SDMXMessage.xsd",
                                   self.keep("oecd.xml", body)], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, asked + done.stderr[:3000])
            for accept, schema in (("1.0.0", "json-1.0"), ("2.0.0", "json-2.0.0")):
                body, _ = self.get("/sdmx/2.1/" + asked, "application/vnd.sdmx.structure+json;version=" + accept)
                self.assertEqual(self.faults(schema + "/sdmx-json-structure-schema.json", body), [], asked + accept)

    def faults(self, schema, body):
        import jsonschema
        # Those of 1.0 and 2.0 say draft 7, by addresses that the library does not know. 2.1's data needs what 2019-09 has, and tells
        # a date from a time by its format.
        rules = json.loads((self.schemas() / schema).read_text())
        kind = jsonschema.Draft201909Validator if schema == "json-2.1.0/sdmx-json-data-schema.json" else jsonschema.Draft7Validator
        found = kind(rules, format_checker=jsonschema.FormatChecker()).iter_errors(json.loads(body))
        return [f"{list(one.absolute_path)}: {one.message[:200]}" for one in list(found)[:5]]

    def test_the_figures_are_valid_sdmx_ml(self):
        schema = self.schemas() / "ml-2.1/SDMXMessage.xsd"
        body, _ = self.get(FLOW, "application/vnd.sdmx.genericdata+xml;version=2.1")
        done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", schema, self.keep("generic.xml", body)],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr[:3000])

    def test_the_figures_are_valid_by_the_schema_that_we_make_of_their_structure(self):
        """Ours names the standard's schemas at their registry; here they are the local ones. Both are imported by a third,
        as a reader of structure-specific messages has to."""
        local = self.schemas() / "ml-2.1"
        for at in ("TIME_PERIOD",):
            schema, kind = self.get("/sdmx/2.1/schema/dataflow/ALPHA/ASYLUM/1.0?dimensionAtObservation=" + at)
            self.assertTrue(kind.startswith("application/vnd.sdmx.schema+xml"), kind)
            text = schema.decode().replace("https://registry.sdmx.org/schemas/v2_1", str(local))
            own = self.keep("own.xsd", text.encode())
            target = text.split('targetNamespace="')[1].split('"')[0]
            both = self.keep("both.xsd", f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
                <xs:import namespace="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
                           schemaLocation="{local}/SDMXMessage.xsd"/>
                <xs:import namespace="{target}" schemaLocation="{own}"/></xs:schema>""".encode())
            body, _ = self.get(FLOW + "?dimensionAtObservation=" + at,
                               "application/vnd.sdmx.structurespecificdata+xml;version=2.1")
            self.assertIn(b"AFG", body)
            check = ["xmllint", "--noout", "--nonet", "--schema", both]
            done = subprocess.run(check + [self.keep("own.xml", body)], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, at + "\n" + done.stderr[:3000])
            # A schema that lets everything pass is none.
            wrong = self.keep("wrong.xml", body.replace(b'"AFG"', b'"NOWHERE"', 1))
            self.assertNotEqual(subprocess.run(check + [wrong], capture_output=True).returncode, 0)

    def test_every_shape_of_the_figures_is_valid_sdmx_ml(self):
        schema = self.schemas() / "ml-2.1/SDMXMessage.xsd"
        for query in ("?dimensionAtObservation=AllDimensions", "?dimensionAtObservation=CITIZEN", "?detail=dataonly",
                      "?detail=serieskeysonly", "?includeHistory=true", "?updatedAfter=2020-01-01"):
            for kind in ("genericdata", "generictimeseriesdata"):
                if kind.startswith("generictime") and "dimensionAt" in query:
                    continue
                body, _ = self.get(FLOW + query, f"application/vnd.sdmx.{kind}+xml;version=2.1")
                done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", schema, self.keep("shape.xml", body)],
                                      capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, query + kind + "\n" + done.stderr[:3000])

    def test_json_is_valid_by_the_schema_of_its_version(self):
        shapes = ["", "?dimensionAtObservation=AllDimensions", "?dimensionAtObservation=CITIZEN", "?detail=dataonly",
                  "?detail=serieskeysonly", "?includeHistory=true", "?updatedAfter=2020-01-01"]
        for path, accept, schema in [
                (FLOW + shape, f"application/vnd.sdmx.data+json;version={version}",
                 f"json-{folder}/sdmx-json-data-schema.json")
                for shape in shapes for version, folder in (("1.0.0", "1.0"), ("2.0.0", "2.0.0"), ("2.1.0", "2.1.0"))] + [
                ("/sdmx/3.0/structure/dataflow/ALPHA/ASYLUM?references=all", "", "json-2.0.0/sdmx-json-structure-schema.json"),
                ("/sdmx/3.0/structure/*", "", "json-2.0.0/sdmx-json-structure-schema.json"),
                ("/sdmx/3.0/availability/dataflow/ALPHA/ASYLUM?references=all", "", "json-2.0.0/sdmx-json-structure-schema.json"),
                ("/sdmx/2.1/structure?references=all", "application/vnd.sdmx.structure+json;version=1.0.0",
                 "json-1.0/sdmx-json-structure-schema.json"),
                ("/sdmx/2.1/availableconstraint/ALPHA,ASYLUM", "application/vnd.sdmx.structure+json;version=1.0.0",
                 "json-1.0/sdmx-json-structure-schema.json")]:
            with self.subTest(path + " " + accept):
                body, _ = self.get(path, accept)
                self.assertEqual(self.faults(schema, body), [])

    def test_a_table_reads_as_the_field_guides_have_it(self):
        # The columns of the guides' samples, in their order: what identifies, dimensions, figure, attributes.
        for accept, first in (("1.0.0", ["DATAFLOW"]), ("2.0.0", ["STRUCTURE", "STRUCTURE_ID", "ACTION"]),
                              ("2.1.0", ["STRUCTURE", "STRUCTURE_ID", "ACTION"]),
                              ("2.1.0; labels=name; keys=both", ["STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION",
                                                                 "SERIES_KEY", "OBS_KEY"])):
            body, _ = self.get(FLOW, "application/vnd.sdmx.data+csv; version=" + accept)
            rows = list(csv.DictReader(io.StringIO(body.decode(), newline="")))
            columns = list(rows[0])
            self.assertEqual(columns[:len(first)], first)
            self.assertEqual(columns[len(first)], "FREQ")
            self.assertEqual({(row["CITIZEN"], row["TIME_PERIOD"]): float(row["OBS_VALUE"]) for row in rows}, FIGURES)
            self.assertNotIn(None, rows[0])

    def test_a_workbook_has_a_front_sheet_and_numbers_that_are_numbers(self):
        import openpyxl
        body, kind = self.get("/sdmx/3.0/data/dataflow/ALPHA/ASYLUM/1.0", SHEET)
        self.assertEqual(kind, SHEET)
        book = openpyxl.load_workbook(io.BytesIO(body))
        self.assertEqual(book.sheetnames, ["About", "Figures"])
        front = {row[0].value: row[1].value for row in book["About"].iter_rows()}
        self.assertIn("ALPHA:ASYLUM(1.0)", front["Dataflow"])
        self.assertIn("SWE", front["Source"])
        self.assertEqual(front["Query"], "/sdmx/3.0/data/dataflow/ALPHA/ASYLUM/1.0")
        self.assertRegex(front["Date"], r"^20\d\d-\d\d-\d\dT")
        rows = list(book["Figures"].values)
        column = {name: i for i, name in enumerate(rows[0])}
        self.assertEqual({(row[column["CITIZEN"]], row[column["TIME_PERIOD"]]): row[column["OBS_VALUE"]] for row in rows[1:]},
                         FIGURES)
        self.assertTrue(all(type(row[column["OBS_VALUE"]]) is int for row in rows[1:]))
        # A comment that looks like a formula is a text, there and for whoever saves it as something else.
        cells = [cell for row in book["Figures"].iter_rows(min_row=2) for cell in row if str(cell.value).startswith("=")]
        self.assertEqual([(cell.data_type, cell.quotePrefix) for cell in cells], [("s", True)] * len(cells))

    def test_a_session_reads_as_an_application_password_does(self):
        status, body, _ = self.tool.ask("GET", FLOW, Authorization="Bearer " + self.anna.token, Accept="text/csv")
        self.assertEqual(status, 200)
        self.assertEqual(body, self.get(FLOW, "text/csv")[0])

    def test_a_tool_may_ask_for_the_head_alone_and_is_told_which_verbs_there_are(self):
        status, body, headers = self.tool.ask("HEAD", FLOW, Accept="text/csv")
        self.assertEqual((status, body), (200, b""))
        self.assertEqual(dict(headers)["content-type"], self.get(FLOW, "text/csv")[1])
        self.assertEqual(self.tool.ask("HEAD", FLOW.replace("ASYLUM", "NONE"))[0], 404)
        status, _, headers = self.tool.ask("POST", FLOW)
        self.assertEqual((status, dict(headers)["allow"]), (405, "GET, HEAD"))

    def test_what_was_known_on_a_day_is_resumed_from_any_byte(self):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1))
        time.sleep(2)
        path = "/sdmx/3.0/data/dataflow/ALPHA/ASYLUM/1.0?asOf=" + now
        status, whole, headers = self.tool.ask("GET", path, Accept="text/csv")
        self.assertEqual(status, 200)
        tag = dict(headers)["etag"]
        status, rest, headers = self.tool.ask("GET", path, Accept="text/csv", Range="bytes=50-", **{"If-Range": tag})
        self.assertEqual((status, rest), (206, whole[50:]))
        self.assertEqual(self.tool.ask("GET", path, Accept="text/csv", **{"If-None-Match": tag})[0], 304)

    def test_rsdmx_reads_the_numbers_that_were_brought(self):
        for accept in ("application/xml", "application/vnd.sdmx.structurespecificdata+xml;version=2.1"):
            body, _ = self.get(FLOW, accept)
            said = rscript(f'suppressMessages(library(rsdmx)); d <- as.data.frame(readSDMX("{self.keep("data.xml", body)}", '
                           'isURL = FALSE)); write.csv(d[, c("CITIZEN", if ("obsTime" %in% names(d)) "obsTime" else '
                           '"TIME_PERIOD", if ("obsValue" %in% names(d)) "obsValue" else "OBS_VALUE")], quote = FALSE, '
                           'row.names = FALSE)')
            rows = [line.split(",") for line in said.strip().split("\n")[1:]]
            self.assertEqual({(citizen, year): float(value) for citizen, year, value in rows}, FIGURES, accept)

    def test_rsdmx_reads_the_structure_with_its_labels(self):
        body, _ = self.get("/sdmx/2.1/datastructure/ENTENTE/ASYLUM_APPLICATIONS/1.0?references=children")
        said = rscript('suppressMessages(library(rsdmx)); s <- readSDMX("' + self.keep("structures.xml", body) +
                       '", isURL = FALSE); l <- as.data.frame(slot(s, "codelists"), codelistId = "CL_SEX"); '
                       'cat(as.character(l$id), "\\n"); cat(as.character(l$label.en), "\\n"); '
                       'cat(sapply(slot(slot(s, "datastructures"), "datastructures")[[1]]@Components@Dimensions, '
                       'function(d) slot(d, "conceptRef")))')
        ids, labels, dimensions = said.split("\n")
        self.assertEqual(ids.split(), ["_T", "F", "M", "_U"])
        self.assertEqual(labels.split(), ["Total", "Female", "Male", "Unknown"])
        self.assertEqual(dimensions.split(), ["FREQ", "REF_AREA", "CITIZEN", "SEX", "AGE", "APPLICATION"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
