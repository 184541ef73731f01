"""The walks of statistics, of their structures and of comparison."""
import json

from small_network import CHAIRS
from entente.v1 import comparison_pb2 as K, evidence_pb2 as R, exemptions_pb2 as V, history_pb2 as H
from entente.v1 import mapping_pb2 as B, reciprocity_pb2 as P, statistics_pb2 as T, structures_pb2 as X
from walk.walk import DENIED, place, processes
from walk.world import kind_of


@place("StatisticsService.ListDataflows")
def _(walk):
    walk.listed("StatisticsService.ListDataflows", lambda p: T.ListDataflowsRequest(process=p), [""] + processes(),
                lambda _, p: [n for n, guard in walk.world.objects.items() if kind_of(n) == "dataflows" and
                              p in ("", "processes/" + guard.process)],
                lambda body: {row.dataflow.name for row in T.ListDataflowsReply.FromString(body).rows})


@place("StatisticsService.GetStructure", "StatisticsService.ListUploads", "StatisticsService.Query",
       "StatisticsService.CompareParties")
def _(walk):
    walk.by_name("StatisticsService.GetStructure", ["dataflows", "provisions"],
                 lambda n: T.GetStructureRequest(name=n))
    flows = ["dataflows"]
    walk.by_name("StatisticsService.ListUploads", flows, lambda n: T.ListUploadsRequest(dataflow=n))
    walk.by_name("StatisticsService.Query", flows, lambda n: T.QueryRequest(dataflow=n))
    walk.by_name("StatisticsService.CompareParties", flows, lambda n: T.ComparePartiesRequest(dataflow=n))


@place("ComparisonService.GetCalendar", "ComparisonService.Aggregate", "ComparisonService.GetProfile")
def _(walk):
    walk.by_name("ComparisonService.GetCalendar", ["dataflows"], lambda n: K.GetCalendarRequest(dataflow=n))
    walk.by_name("ComparisonService.Aggregate", ["dataflows"], lambda n: K.AggregateRequest(dataflow=n))
    for role in walk.world.roles:  # a page is made of what its reader sees: at worst it is empty
        for process in processes():
            answer = walk.ask(role, "ComparisonService.GetProfile", K.GetProfileRequest(process=process, area="SWE"))
            walk.check.assertTrue(answer.ok, answer)


@place("HistoryService.ListChanges", "HistoryService.Watch", "HistoryService.WithdrawUpload")
def _(walk):
    walk.by_name("HistoryService.ListChanges", ["dataflows"], lambda n: H.ListChangesRequest(dataflow=n))
    walk.by_name("HistoryService.Watch", ["dataflows"], lambda n: H.WatchUploadsRequest(dataflow=n, only_new=True))
    for role in walk.world.roles:
        for flow in ("dataflows/ALPHA.ASYLUM", "dataflows/BETAA.ASYLUM"):
            name, request = flow + "/uploads/" + "ab" * 16, lambda n: H.WithdrawUploadRequest(name=n)
            answer = walk.ask(role, "HistoryService.WithdrawUpload", request(name))
            walk.check.assertEqual(answer.code, "NOT_FOUND", answer)
            walk.is_absent(role, "HistoryService.WithdrawUpload", name, request, answer)


def is_reciprocal(dataflow):
    return dataflow.endswith(".TRAFFICKING")


@place("ReciprocityService.GetStanding")
def _(walk):
    walk.by_name("ReciprocityService.GetStanding", ["dataflows"], lambda n: P.GetStandingRequest(dataflow=n),
                 lambda role, n: is_reciprocal(n) and f"{n}/provisions/{role.party}" in walk.world.objects,
                 lambda n: "PERMISSION_DENIED" if is_reciprocal(n) else "FAILED_PRECONDITION")


@place("ExemptionService.ListExemptions", "ExemptionService.ProposeExemption", "ExemptionService.ApproveExemption")
def _(walk):
    walk.by_name("ExemptionService.ListExemptions", ["dataflows"], lambda n: V.ListExemptionsRequest(dataflow=n))
    # Of what is not reciprocal: the secretariat is told that, all others that it is not theirs.
    for role in walk.world.roles:
        for flow in ("dataflows/ALPHA.ASYLUM", "dataflows/BETAA.ASYLUM"):
            for method, request in [
                    ("ProposeExemption", lambda n: V.ProposeExemptionRequest(
                        dataflow=n, party="parties/NOR", until="2026-12-31", reason="a walk", signature=b"none")),
                    ("ApproveExemption", lambda n: V.ApproveExemptionRequest(
                        dataflow=n, party="parties/NOR", digest=b"\xab" * 32, signature=b"none"))]:
                answer = walk.ask(role, "ExemptionService." + method, request(flow))
                if not walk.world.sees(role, flow):
                    walk.check.assertEqual(answer.code, "NOT_FOUND", answer)
                    walk.is_absent(role, "ExemptionService." + method, flow, request, answer)
                else:
                    keeps = walk.world.secretariat(role, walk.world.objects[flow].process)
                    walk.check.assertEqual(answer.code, "FAILED_PRECONDITION" if keeps else DENIED, answer)


@place("StatisticsService.BeginUpload", "StatisticsService.SendPiece", "StatisticsService.CheckUpload",
       "StatisticsService.FinishUpload")
def _(walk):
    begin = lambda n: T.BeginUploadRequest(upload_id="walk", dataflow=n, action=T.REPLACE, format=T.SDMX_CSV)
    walk.by_name("StatisticsService.BeginUpload", ["dataflows"], begin,
                 lambda role, n: f"{n}/provisions/{role.party}" in walk.world.objects, "PERMISSION_DENIED", acts=True)
    # An upload is its account's: to all others, of the same party too, its id is one that never was.
    anna = walk.world.by_account["anna"]
    walk.check.assertTrue(walk.ask(anna, "StatisticsService.BeginUpload", begin("dataflows/ALPHA.ASYLUM")).ok)
    for role in walk.world.roles:
        for method, request in [("SendPiece", lambda n: T.SendPieceRequest(upload_id=n[8:], content=b"x")),
                                ("CheckUpload", lambda n: T.CheckUploadRequest(upload_id=n[8:])),
                                ("FinishUpload", lambda n: T.FinishUploadRequest(upload_id=n[8:]))]:
            if role is not anna:
                answer = walk.ask(role, "StatisticsService." + method, request("uploads/walk"))
                walk.check.assertFalse(answer.ok, f"{method} as {role.account}")
                walk.is_absent(role, "StatisticsService." + method, "uploads/walk", request, answer)


@place("MappingService.PutMapping", "MappingService.GetMapping", "MappingService.ListMappings",
       "MappingService.DeleteMapping")
def _(walk):
    walk.by_name("MappingService.ListMappings", ["dataflows"], lambda n: B.ListMappingsRequest(dataflow=n))
    # A mapping is its party's: to all others it is one that never was. An empty one is refused, so nothing is kept.
    put = lambda n: B.PutMappingRequest(mapping=B.Mapping(name=n + "/mappings/SWE.walk"))
    # Not under what bears the party's own id: the answer repeats the name, and that id is masked in it.
    names = [name for name in walk.names(["dataflows"]) if name.rpartition("/")[2] != "SWE"]
    for role in walk.world.roles:
        for name in names:
            answer = walk.ask(role, "MappingService.PutMapping", put(name))
            if role.party == "SWE" and walk.world.sees(role, name) and kind_of(name) == "dataflows":
                may = f"{name}/provisions/SWE" in walk.world.objects
                walk.check.assertEqual(answer.code, "INVALID_ARGUMENT" if may else "PERMISSION_DENIED", answer)
            else:
                walk.check.assertFalse(answer.ok, answer)
                walk.is_absent(role, "MappingService.PutMapping", name, put, answer)
    kept = "dataflows/ALPHA.ASYLUM/mappings/SWE.walk"
    column = B.MappedColumn(heading="a", component="OBS_VALUE")
    anna = walk.world.by_account["anna"]
    answer = walk.ask(anna, "MappingService.PutMapping", B.PutMappingRequest(mapping=B.Mapping(name=kept, columns=[column])))
    walk.check.assertTrue(answer.ok, answer)
    for method, request in [("GetMapping", lambda n: B.GetMappingRequest(name=n)),
                            ("DeleteMapping", lambda n: B.DeleteMappingRequest(name=n))]:
        for role in walk.world.roles:
            if role.party != "SWE":
                answer = walk.ask(role, "MappingService." + method, request(kept))
                walk.check.assertFalse(answer.ok, f"{method} as {role.account}: {answer}")
                walk.is_absent(role, "MappingService." + method, kept, request, answer)
        walk.check.assertTrue(walk.ask(anna, "MappingService." + method, request(kept)).ok)


@place("EvidenceService.GetUpload", "EvidenceService.GetFigure", "EvidenceService.CommitRows")
def _(walk):
    walk.by_name("EvidenceService.GetUpload", ["uploads"], lambda n: R.GetUploadRequest(name=n))
    # Who sees the dataflow is told that a key is missing; where it has one, that there is no such figure.
    walk.by_name("EvidenceService.GetFigure", ["dataflows"], lambda n: R.GetFigureRequest(dataflow=n, period="2018"),
                 lambda role, name: False, "INVALID_ARGUMENT")
    for role in walk.world.roles:
        request = lambda n: R.CommitRowsRequest(upload_id=n[8:], seed=b"s" * 32)
        answer = walk.ask(role, "EvidenceService.CommitRows", request("uploads/rows"))
        walk.check.assertEqual(answer.code == "NOT_FOUND", bool(role.person or role.party), answer)
        walk.is_absent(role, "EvidenceService.CommitRows", "uploads/rows", request, answer)


@place("StatisticsService.DefineStructures")
def _(walk):
    keeper = {process: next(r for r in walk.world.roles if walk.world.secretariat(r, process)) for process in CHAIRS}
    flows = {}
    for name, guard in walk.world.objects.items():
        if kind_of(name) == "dataflows":
            answer = walk.ask(keeper[guard.process], "StatisticsService.GetStructure", T.GetStructureRequest(name=name))
            flows[name] = T.StructureSet.FromString(answer.body).dataflows[0]

    def request(name):
        flow = T.Dataflow.FromString(flows[request.of].SerializeToString())
        flow.name = name
        return T.DefineStructuresRequest(structures={"dataflows": [flow]})
    for name in flows:
        request.of = name
        walk.absent.clear()
        for role in walk.world.roles:
            if walk.world.secretariat(role, walk.world.objects[name].process):
                continue
            answer = walk.ask(role, "StatisticsService.DefineStructures", request(name))
            if walk.world.sees(role, name):
                walk.check.assertEqual(answer.code, "PERMISSION_DENIED", f"{name} as {role.account}: {answer}")
            else:
                walk.check.assertFalse(answer.ok, answer)
                walk.is_absent(role, "StatisticsService.DefineStructures", name, request, answer)


@place("StructureService.ExportStructures", "StructureService.ListStructures")
def _(walk):
    walk.by_name("StructureService.ExportStructures", ["dataflows", "provisions"],
                 lambda n: X.ExportStructuresRequest(name=n, format=X.SDMX_ML_2_1))
    walk.listed("StructureService.ListStructures", lambda kind: X.ListStructuresRequest(collection=kind),
                ["dataflows", "provisions"],
                lambda _, kind: [n for n in walk.world.objects if kind_of(n) == kind],
                lambda body: {row.name for row in X.ListStructuresReply.FromString(body).rows})


@place("StructureService.CheckStructures", "StructureService.ImportStructures")
def _(walk):
    """Who keeps a process may bring its dataflows; to all others a hidden one is as one that never was."""
    urn = "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=ENTENTE:ASYLUM_APPLICATIONS(1.0)"

    def request(name):
        agency, flow = name.removeprefix("dataflows/").split(".")
        return X.ImportStructuresRequest(process="processes/" + agency.lower(), content=json.dumps({"data": {"dataflows": [
            {"id": flow, "agencyID": agency, "version": "1.0", "name": "Walked", "description": name, "structure": urn}]}}).encode())
    for name in [n for n in walk.world.objects if kind_of(n) == "dataflows"]:
        walk.absent.clear()
        for role in walk.world.roles:
            keeps = walk.world.secretariat(role, walk.world.objects[name].process)
            for method in ("StructureService.CheckStructures", "StructureService.ImportStructures"):
                if keeps and method.endswith("ImportStructures"):
                    continue
                answer = walk.ask(role, method, request(name))
                if keeps:
                    walk.check.assertTrue(answer.ok, f"{name} as {role.account}: {answer}")
                elif walk.world.sees(role, name):
                    walk.check.assertEqual(answer.code, "PERMISSION_DENIED", f"{name} as {role.account}: {answer}")
                else:
                    walk.check.assertFalse(answer.ok, answer)
