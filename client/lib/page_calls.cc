#include "client/lib/page_calls.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "entente/v1/access.pb.h"
#include "entente/v1/account.pb.h"
#include "entente/v1/calendars.pb.h"
#include "entente/v1/circulations.pb.h"
#include "entente/v1/comparison.pb.h"
#include "entente/v1/directory.pb.h"
#include "entente/v1/documents.pb.h"
#include "entente/v1/drafts.pb.h"
#include "entente/v1/ledger.pb.h"
#include "entente/v1/meeting_records.pb.h"
#include "entente/v1/notices.pb.h"
#include "entente/v1/sealing.pb.h"
#include "entente/v1/search.pb.h"
#include "entente/v1/session.pb.h"
#include "entente/v1/statistics.pb.h"
#include "entente/v1/structures.pb.h"
#include "proto/contract/grpc_wire.h"
#include "proto/contract/limits.h"

namespace entente::client {
namespace {

using google::protobuf::MethodDescriptor;

constexpr std::string_view kUnary = "application/proto";
constexpr std::string_view kStream = "application/connect+proto";
// What a page makes a file of, in memory.
constexpr std::size_t kFileBytesMax = 256 << 20;
const std::string kSessions = "entente.v1.SessionService.";
const std::string kListAnchors = "entente.v1.CertificateService.ListAnchors";

// One message of each service that a page calls: a program has the descriptors of what it names.
// (attendance.proto and meetings.proto come with calendars.proto and meeting_records.proto.)
void link_services() {
  google::protobuf::LinkMessageReflection<v1::WhoCanSeeRequest>();
  google::protobuf::LinkMessageReflection<v1::ExportCalendarRequest>();
  google::protobuf::LinkMessageReflection<v1::Circulation>();
  google::protobuf::LinkMessageReflection<v1::GetCalendarRequest>();
  google::protobuf::LinkMessageReflection<v1::Person>();
  google::protobuf::LinkMessageReflection<v1::Document>();
  google::protobuf::LinkMessageReflection<v1::GetDraftKeyRequest>();
  google::protobuf::LinkMessageReflection<v1::GetCheckpointRequest>();
  google::protobuf::LinkMessageReflection<v1::MeetingRecord>();
  google::protobuf::LinkMessageReflection<v1::NoticeSettings>();
  google::protobuf::LinkMessageReflection<v1::SearchRequest>();
  google::protobuf::LinkMessageReflection<v1::SignInRequest>();
  google::protobuf::LinkMessageReflection<v1::ListDataflowsRequest>();
  google::protobuf::LinkMessageReflection<v1::GetStructureRequest>();
}

// `/entente.v1.SessionService/GetSession`; nothing if there is no such rpc.
const MethodDescriptor* method_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (!path.starts_with("/entente.v1.") || slash == 0) return nullptr;
  std::string name(path.substr(1));
  std::replace(name.begin(), name.end(), '/', '.');
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
}

std::unique_ptr<Message> make(const google::protobuf::Descriptor* type) {
  const Message* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
  return std::unique_ptr<Message>(prototype->New());
}

// As the server's own: nothing of a call is kept, or taken for a page or a script.
pages::Reply reply_of(int status, std::string_view content_type, std::string body) {
  return {.status = status,
          .headers = {{"content-type", std::string(content_type)},
                      {"cache-control", "no-store"},
                      {"x-content-type-options", "nosniff"},
                      {"cross-origin-resource-policy", "same-origin"}},
          .body = std::move(body)};
}

PageAnswer refused(const Status& status) {
  return {.reply = reply_of(wire::connect_http_status(status.code()), "application/json",
                            wire::connect_error(status)),
          .follow = {}};
}

// The one message of a call that streams its answers.
Result<std::string> message_in(std::string_view framed) {
  std::string found;
  wire::FrameReader reader;
  ENTENTE_TRY_VOID(reader.feed(framed, [&](std::string_view message, std::uint8_t) {
    found = message;
    return Status();
  }));
  if (reader.in_the_middle()) return invalid_argument("message", "is cut short");
  return found;
}

std::string end_of_stream(const Status& status) {
  return wire::frame(status.ok() ? "{}" : "{\"error\":" + wire::connect_error(status) + "}",
                     wire::flag_connect_end);
}

}  // namespace

PageAnswer plainly(int status, std::string why) {
  return {.reply = reply_of(status, "text/plain; charset=utf-8", std::move(why) + "\n"),
          .follow = {}};
}

// The page's password opens this machine's session; what it learns is whose that is, not the token.
Status PageCalls::sign_in(const Message& in, Message& out) const {
  const auto& request = static_cast<const v1::SignInRequest&>(in);
  ENTENTE_TRY_VOID(client_.sign_in(Secret(request.password())));
  ENTENTE_TRY(v1::Session session,
              client_.call<v1::Session>(kSessions + "GetSession", v1::GetSessionRequest()));
  *static_cast<v1::SignInReply&>(out).mutable_session() = std::move(session);
  return Status();
}

// A page proves by what this machine relies on; strangers are told at the terminal.
Status PageCalls::known_anchors(const Message& in, Message& out) const {
  auto& reply = static_cast<v1::ListAnchorsReply&>(out);
  ENTENTE_TRY_VOID(client_.call_message(kListAnchors, in, out));
  ENTENTE_TRY(const PartyAnchors shown,
              client_.anchors(static_cast<const v1::ListAnchorsRequest&>(in).party()));
  v1::ListAnchorsReply relied_on;
  for (const v1::Anchor& one : reply.anchors()) {
    if (std::find(shown.known.begin(), shown.known.end(), one.der()) != shown.known.end()) {
      *relied_on.add_anchors() = one;
    }
  }
  reply = std::move(relied_on);
  return Status();
}

PageAnswer PageCalls::answer(PageCall call) const {
  link_services();
  const MethodDescriptor* method = method_of(call.path);
  if (method == nullptr || method->client_streaming()) return plainly(404, "nothing is here");
  const bool streams = method->server_streaming();
  if (call.content_type != (streams ? kStream : kUnary)) return plainly(415, "not what this takes");
  const std::string name = method->full_name();
  const std::shared_ptr<Message> in = make(method->input_type());
  if (streams) {
    Result<std::string> message = message_in(call.body);
    if (!message.ok()) return refused(message.status());
    call.body = *std::move(message);
  }
  if (!in->ParseFromString(call.body))
    return refused(invalid_argument("message", "does not parse"));
  if (!streams) {
    const std::unique_ptr<Message> out = make(method->output_type());
    const Status done = name == kSessions + "SignIn"    ? sign_in(*in, *out)
                        : name == kSessions + "SignOut" ? client_.sign_out()
                        : name == kListAnchors          ? known_anchors(*in, *out)
                                                        : client_.call_message(name, *in, *out);
    if (!done.ok()) return refused(done);
    return {.reply = reply_of(200, kUnary, out->SerializeAsString()), .follow = {}};
  }
  return {.reply = reply_of(200, kStream, {}),
          .follow = [this, method, name, in](const PageSink& sink) {
            const std::unique_ptr<Message> scratch = make(method->output_type());
            bool there = true;
            const Status end =
                client_.stream_messages(name, *in, *scratch, [&](const Message& one) {
                  return there = sink(wire::frame(one.SerializeAsString()));
                });
            if (there) sink(end_of_stream(end));
          }};
}

PageAnswer PageCalls::file(const std::string& path, const std::string& accept) const {
  std::string body;
  bool fits = true;
  const Status done = client_.download(path, accept, [&](std::string_view bytes) {
    fits = body.size() + bytes.size() <= kFileBytesMax;
    if (fits) body += bytes;
    return fits;
  });
  if (!fits) return plainly(413, "more than a page holds");
  if (!done.ok()) {
    return plainly(wire::connect_http_status(done.code()), std::string(done.message()));
  }
  return {.reply = reply_of(200, "application/octet-stream", std::move(body)), .follow = {}};
}

}  // namespace entente::client
