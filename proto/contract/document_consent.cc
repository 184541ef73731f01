#include "proto/contract/document_consent.h"

namespace entente {
namespace {

std::string joined(const std::set<std::string>& principals) {
  std::string out;
  for (const std::string& one : principals) out += (out.empty() ? "" : ",") + one;
  return out;
}

}  // namespace

Digest document_act_digest(const DocumentActWords& words) {
  const std::string revision = std::to_string(words.revision);
  const std::string any_of = joined(words.any_of);
  const std::string none_of = joined(words.none_of);
  return sha256({"entente/document-act/1\n", words.origin, "\n", words.document, "\n", revision,
                 "\n", words.act, "\n", any_of, "\n", none_of, "\n", words.language});
}

}  // namespace entente
