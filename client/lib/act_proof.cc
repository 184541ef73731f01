#include "client/lib/act_proof.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "client/lib/lie.h"
#include "entente/v1/options.pb.h"
#include "proto/contract/bytes.h"
#include "proto/contract/grpc_wire.h"

namespace entente::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr std::size_t kNonceBytes = 32;

// Its field `name`, if it has one that says a name.
std::string name_in(const MethodDescriptor& method, std::string_view request) {
  const FieldDescriptor* field = method.input_type()->FindFieldByName("name");
  if (field == nullptr || field->is_repeated() ||
      field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) {
    return {};
  }
  const std::unique_ptr<Message> message(google::protobuf::MessageFactory::generated_factory()
                                             ->GetPrototype(method.input_type())
                                             ->New());
  if (!message->ParseFromArray(request.data(), static_cast<int>(request.size()))) return {};
  return message->GetReflection()->GetString(*message, field);
}

// Whether a text anywhere in it is that.
bool tells_of(const Message& message, std::string_view text) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        if (tells_of(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                          : reflection->GetMessage(message, field),
                     text)) {
          return true;
        }
      } else if (field->type() == FieldDescriptor::TYPE_STRING) {
        if ((field->is_repeated() ? reflection->GetRepeatedString(message, field, i)
                                  : reflection->GetString(message, field)) == text) {
          return true;
        }
      }
    }
  }
  return false;
}

// Whether the request's name is the object's, or of a part of it, as a revision is of a document.
bool is_of(std::string_view name, std::string_view object) {
  return name == object ||
         (name.size() > object.size() && name.starts_with(object) && name[object.size()] == '/');
}

Status check_words(const MethodDescriptor& method, std::string_view account,
                   const ProofWanted& wanted, const Entry& entry, const Message& reply) {
  const Act& act = entry.act;
  const auto& kinds = method.options().GetExtension(v1::rule).enters();
  const bool is_named = wanted.name.empty() || is_of(wanted.name, act.object) ||
                        std::ranges::count(act.touched, wanted.name) != 0 ||
                        tells_of(reply, act.object);
  if (act.account != account || std::ranges::count(kinds, act.kind) == 0 || !is_named) {
    return lie("the server entered another act than was asked for: entry " +
               std::to_string(entry.index) + " is `" + act.kind + "` on `" + act.object + "` by `" +
               act.account + "`");
  }
  return wanted.also ? wanted.also(entry) : Status();
}

}  // namespace

bool leaves_entry(const MethodDescriptor& method) {
  return method.options().GetExtension(v1::rule).enters_size() > 0;
}

ProofWanted want_proof(const MethodDescriptor& method, std::string_view request,
                       std::optional<note::Checkpoint> seen, Entropy& entropy) {
  const std::string path = "/" + method.service()->full_name() + "/" + method.name();
  const std::uint64_t from = seen ? seen->size : 0;
  return {.asked = {.binding = binding_of(entropy.bytes(kNonceBytes), path, request), .from = from},
          .seen = std::move(seen),
          .name = name_in(method, request),
          .also = {}};
}

Result<ShownProof> proof_in(const http2::Headers& headers) {
  const auto found = std::ranges::find(headers, proof_header, &http2::Headers::value_type::first);
  if (found == headers.end()) {
    return lie("the server says that it is done, and does not prove that it entered it");
  }
  ShownProof shown;
  const std::optional<std::string> bytes = wire::from_binary(found->second);
  if (!bytes || !shown.proof.ParseFromString(*bytes)) {
    return lie("what the server shows to prove the act does not read");
  }
  const Result<note::Note> note = note::Note::parse(shown.proof.receipt().checkpoint());
  if (!note.ok()) return lie("the server proves the act by no checkpoint");
  ENTENTE_TRY(const note::Checkpoint checkpoint, note::Checkpoint::parse(note->text));
  shown.size = checkpoint.size;
  for (const std::string& hash : shown.proof.consistency_path()) {
    if (hash.size() != sizeof(Digest)) return lie("what the server shows to prove the act is cut");
    shown.path.push_back(digest_from(hash));
  }
  return shown;
}

Status check_act(const MethodDescriptor& method, std::string_view account,
                 const ProofWanted& wanted, const ShownProof& shown, std::string_view canonical,
                 const Message& reply) {
  const v1::Receipt& receipt = shown.proof.receipt();
  const std::string place = "entry " + std::to_string(receipt.entry_index());
  const Result<Entry> entry = decode_entry(canonical);
  const std::string blinding = bound_blinding(shown.proof.inner(), wanted.asked.binding);
  if (!entry.ok() || entry->index != receipt.entry_index() ||
      as_view(entry_leaf(blinding, canonical)) != receipt.leaf_hash()) {
    return lie(place + ", by which the server proves the act, was not made for it");
  }
  return check_words(method, account, wanted, *entry, reply);
}

}  // namespace entente::client
