"""The walks of the ledger."""
from entente.v1 import ledger_pb2 as L
from walk.walk import place
from walk.world import EVERYONE, Guard


def rows_of(walk, role, size):
    rows, begin = [], 0
    while begin < size:
        answer = walk.ask(role, "LedgerService.ListEntries", L.ListEntriesRequest(to=size, page_size=1000,
                                                                                  **{"from": begin}))
        walk.check.assertTrue(answer.ok, f"{role.account}: {answer}")
        reply = L.ListEntriesReply.FromString(answer.body)
        rows += reply.rows
        begin = reply.next
    return rows


@place("LedgerService.ListEntries", "LedgerService.GetEntry")
def _(walk):
    world = walk.world
    checkpoint = walk.ask(world.roles[0], "LedgerService.GetCheckpoint", L.GetCheckpointRequest())
    size = L.Checkpoint.FromString(checkpoint.body).size
    rows = {role: rows_of(walk, role, size) for role in world.roles}
    known = {row.index: row.entry for some in rows.values() for row in some if row.canonical}

    def should_see(role, entry):
        if entry.party and entry.party.split("/")[-1] == role.party:
            return True
        # What names objects of different audiences is told to the party that acted, and to nobody else.
        if entry.kind in ("directory.contact_test.start", "directory.roster.import"):
            return False
        # Who has read what is for those who keep it.
        if entry.kind == "documents.document.read":
            process = world.objects[entry.object].process
            return world.oracle.sees(role.party, role.person,
                                     Guard("", process, "", frozenset({f"process/{process}/secretariat"})))
        if entry.kind.startswith("documents."):
            return world.oracle.sees(role.party, role.person, world.objects[entry.object]._replace(originator=""))
        # An upload's digest would give hidden figures of its file away to who tries: it is for who may see all of it.
        if entry.kind == "statistics.upload" and not world.secretariat(role, world.objects[entry.object].process):
            return False
        if entry.kind.startswith("statistics.mapping."):
            return world.oracle.sees(role.party, role.person,
                                     Guard("", "alpha", "", frozenset({"process/alpha/secretariat"})))
        if entry.kind.startswith(("directory.", "statistics.", "meetings.")):
            named = [name for name in [entry.object, *entry.touched] if name in world.objects]
            return all(world.oracle.sees(role.party, role.person, world.objects[name]._replace(
                holder="", originator="")) for name in named)
        if entry.kind.startswith(("identity.certificate.", "identity.trust.", "identity.revocation_list.", "identity.anchor.")):
            return world.oracle.sees(role.party, role.person, Guard("", "", "", EVERYONE))
        return False
    leaves = [[row.leaf_hash for row in some] for some in rows.values()]
    walk.check.assertTrue(all(some == leaves[0] for some in leaves))  # one ledger for all
    for role in world.roles:
        for index, entry in known.items():
            visible = should_see(role, entry)
            row = rows[role][index]
            context = f"{role.account} and entry {index}: {entry.kind} {entry.object} of {entry.account}"
            walk.check.assertEqual(bool(row.canonical), visible, context)
            walk.check.assertEqual((row.HasField("entry"), bool(row.blinding)), (visible, visible), context)
            if index % 3 == 0 or not visible:
                answer = walk.ask(role, "LedgerService.GetEntry", L.GetEntryRequest(name=f"ledger/entries/{index}"))
                walk.check.assertEqual(answer.ok, visible, context)
                if not visible:
                    never = walk.ask(role, "LedgerService.GetEntry", L.GetEntryRequest(
                        name="ledger/entries/" + "9" * max(4, len(str(index)))))
                    walk.check.assertEqual(answer.face(), never.face(), context)


@place("LedgerService.GetCheckpoint", "LedgerService.ListCosignatures", "LedgerService.WatchCheckpoints",
       "LedgerService.ProveInclusion", "LedgerService.ProveConsistency", "LedgerService.AddCosignature")
def _(walk):
    for role in walk.world.roles:
        for method, request in [("GetCheckpoint", L.GetCheckpointRequest()),
                                ("ListCosignatures", L.ListCosignaturesRequest()),
                                ("WatchCheckpoints", L.WatchCheckpointsRequest()),
                                ("ProveInclusion", L.ProveInclusionRequest(index=3)),
                                ("ProveConsistency", L.ProveConsistencyRequest(old_size=2))]:
            answer = walk.ask(role, "LedgerService." + method, request)
            walk.check.assertTrue(answer.ok, f"{method} as {role.account}: {answer}")
        for note in ("", "nothing", "x\n\n— y z\n"):
            answer = walk.ask(role, "LedgerService.AddCosignature", L.AddCosignatureRequest(note=note))
            walk.check.assertEqual(answer.code, "INVALID_ARGUMENT", answer)
