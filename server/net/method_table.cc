#include "server/net/method_table.h"

#include <algorithm>

#include "entente/v1/options.pb.h"

namespace entente::net {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::MessageFactory;
using google::protobuf::MethodOptions;

std::string path_of(const google::protobuf::MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

// gRPC's own services bear no rule of ours: they show the schema and a heartbeat, no content.
bool is_grpc_own(std::string_view full_name) { return full_name.substr(0, 5) == "grpc."; }

}  // namespace

MethodTable::Method& MethodTable::add(std::string_view full_name, bool client_streaming,
                                      bool server_streaming) {
  const auto* descriptor =
      DescriptorPool::generated_pool()->FindMethodByName(std::string(full_name));
  ENTENTE_CHECK(descriptor != nullptr);
  ENTENTE_CHECK(descriptor->client_streaming() == client_streaming);
  ENTENTE_CHECK(descriptor->server_streaming() == server_streaming);
  ENTENTE_CHECK(methods_.count(path_of(*descriptor)) == 0);
  const v1::Rule& rule = descriptor->options().GetExtension(v1::rule);
  ENTENTE_CHECK(rule.who() != v1::WHO_UNSPECIFIED || is_grpc_own(full_name));
  Method method;
  method.descriptor = descriptor;
  auto* factory = MessageFactory::generated_factory();
  method.in = factory->GetPrototype(descriptor->input_type());
  method.out = factory->GetPrototype(descriptor->output_type());
  method.heavy = rule.heavy() || rule.hashes();
  method.hashes = rule.hashes();
  method.side_effect_free =
      descriptor->options().idempotency_level() == MethodOptions::NO_SIDE_EFFECTS;
  return methods_.emplace(path_of(*descriptor), std::move(method)).first->second;
}

void MethodTable::add_unary(std::string_view full_name, UnaryHandler handler) {
  add(full_name, false, false).unary = std::move(handler);
}

void MethodTable::add_stream(std::string_view full_name, StreamHandler handler) {
  add(full_name, false, true).stream = std::move(handler);
}

void MethodTable::add_exchange(std::string_view full_name, ExchangeHandler handler) {
  const auto* descriptor =
      DescriptorPool::generated_pool()->FindMethodByName(std::string(full_name));
  ENTENTE_CHECK(descriptor != nullptr);
  add(full_name, true, descriptor->server_streaming()).exchange = std::move(handler);
}

void MethodTable::add_route(Route route) {
  ENTENTE_CHECK(!route.prefix.empty() && route.prefix[0] == '/' && route.handler);
  routes_.push_back(std::move(route));
  std::stable_sort(routes_.begin(), routes_.end(), [](const Route& a, const Route& b) {
    return a.prefix.size() > b.prefix.size();
  });
}

const MethodTable::Method* MethodTable::find(std::string_view path) const {
  const auto found = methods_.find(path);
  return found == methods_.end() ? nullptr : &found->second;
}

const MethodTable::Route* MethodTable::find_route(std::string_view path) const {
  for (const Route& route : routes_) {
    if (path.substr(0, route.prefix.size()) == route.prefix) return &route;
  }
  return nullptr;
}

}  // namespace entente::net
