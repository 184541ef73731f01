"""The envelope and the sealed body of a confidential document, as any program gets them: by the calls, with no client of ours."""
from small_network import Caller, make_messages

made = []


def pieces(net, account, name):
    if not made:
        make_messages(str(net.path))
        made.append(True)
    from entente.v1 import documents_pb2 as D, sealing_pb2 as E
    caller = Caller(net, account)
    assert caller.sign_in().ok
    opened = caller.ask("DocumentService.OpenDocument", D.OpenDocumentRequest(name=name))
    assert opened.ok, opened
    reading = D.Reading.FromString(opened.body)
    envelopes = caller.ask("SealingService.ListEnvelopes", E.ListEnvelopesRequest(name=reading.name))
    assert envelopes.ok, envelopes
    body = b""
    while len(body) < reading.content.bytes:
        part = caller.ask("DocumentService.ReadContent", D.ReadContentRequest(name=reading.name, offset=len(body)))
        assert part.ok, part
        body += D.ContentPart.FromString(part.body).content
    caller.close()
    return E.ListEnvelopesReply.FromString(envelopes.body).envelopes[0].cms, body
