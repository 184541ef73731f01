#include "server/directory/visibility.h"

#include "proto/contract/limits.h"

namespace entente::directory {
namespace {

using policy::Principal;
using Whom = Principal::Kind;

void add(policy::Audience& audience, std::initializer_list<Whom> kinds,
         const std::string& process) {
  for (const Whom kind : kinds) audience.any_of.insert(Principal::make(kind, process));
}

}  // namespace

policy::Audience network_audience(const std::vector<std::string>& processes) {
  policy::Audience audience;
  for (const std::string& process : processes) {
    add(audience, {Whom::Members, Whom::Observers, Whom::Partners, Whom::Secretariat, Whom::Chair},
        process);
  }
  return audience;
}

policy::Audience process_audience(const std::string& process, const std::string& party) {
  policy::Audience audience;
  if (!process.empty()) {
    add(audience, {Whom::Members, Whom::Observers, Whom::Partners, Whom::Secretariat, Whom::Chair},
        process);
  }
  if (!party.empty()) audience.any_of.insert(Principal::make(Whom::Party, party));
  return audience;
}

policy::Audience members_audience(const std::string& process, const std::string& party) {
  policy::Audience audience;
  if (!process.empty()) add(audience, {Whom::Members, Whom::Secretariat}, process);
  if (!party.empty()) audience.any_of.insert(Principal::make(Whom::Party, party));
  return audience;
}

v1::Visibility to_wire(const policy::Audience& audience, policy::Handling handling) {
  v1::Visibility wire;
  for (const Principal& principal : audience.any_of)
    wire.mutable_audience()->add_any_of(principal.text());
  for (const Principal& principal : audience.none_of)
    wire.mutable_audience()->add_none_of(principal.text());
  wire.set_handling(static_cast<v1::Handling>(handling));
  return wire;
}

}  // namespace entente::directory
