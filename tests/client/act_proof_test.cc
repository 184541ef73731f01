// What a reply proves of an act, and each way in which it does not.
#include "client/lib/act_proof.h"

#include <catch2/catch.hpp>

#include "entente/v1/directory.pb.h"
#include "proto/contract/bytes.h"
#include "proto/contract/grpc_wire.h"

namespace entente::client {
namespace {

constexpr std::string_view anna = "parties/SWE/accounts/anna";

const google::protobuf::MethodDescriptor& method_named(const std::string& name) {
  google::protobuf::LinkMessageReflection<v1::Person>();
  const auto* method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
      "entente.v1.DirectoryService." + name);
  REQUIRE(method != nullptr);
  return *method;
}

ProofWanted confirming(const std::string& person) {
  v1::ConfirmPersonRequest request;
  request.set_name(person);
  SystemEntropy entropy;
  return want_proof(method_named("ConfirmPerson"), request.SerializeAsString(), std::nullopt,
                    entropy);
}

// What an honest server enters and shows for it.
struct Shown {
  explicit Shown(ProofWanted asked) : wanted(std::move(asked)) {
    entry.index = 41;
    entry.time = Instant(std::chrono::seconds(1));
    entry.act.account = anna;
    entry.act.party = "SWE";
    entry.act.kind = "directory.person.confirm";
    entry.act.object = wanted.name;
  }
  Status check(const std::string& method = "ConfirmPerson", const v1::Person& reply = {}) const {
    ShownProof shown;
    const std::string inner(blinding_bytes, 'i');
    shown.proof.set_inner(inner);
    shown.proof.mutable_receipt()->set_entry_index(entry.index);
    shown.proof.mutable_receipt()->set_leaf_hash(std::string(
        as_view(entry_leaf(bound_blinding(inner, wanted.asked.binding), encode_entry(entry)))));
    if (change) change(shown.proof);
    const std::string canonical = encode_entry(told.value_or(entry));
    return check_act(method_named(method), anna, wanted, shown, canonical, reply);
  }
  ProofWanted wanted;
  Entry entry;
  std::optional<Entry> told;  // the entry that is shown, if not the one that stands there
  std::function<void(v1::ActProof&)> change;
};

std::string said(const Status& status) {
  CHECK(status.code() == Code::DataLoss);
  CHECK(status.reason() == Reason::ProofInvalid);
  return std::string(status.message());
}

using Catch::Matchers::Contains;

TEST_CASE("an entry proves the act that it says", "[client][proof]") {
  CHECK(leaves_entry(method_named("ConfirmPerson")));
  CHECK_FALSE(leaves_entry(method_named("GetPerson")));
  Shown shown(confirming("persons/swe.anna"));
  CHECK(shown.wanted.name == "persons/swe.anna");
  CHECK(shown.check().ok());
  SECTION("and no other kind of act") {
    CHECK_THAT(said(shown.check("UpdatePerson")), Contains("another act than was asked for"));
  }
  SECTION("nor another's") {
    shown.entry.act.account = "parties/SWE/accounts/sven";
    CHECK_THAT(said(shown.check()), Contains("another act than was asked for"));
  }
  SECTION("nor one on another object, unless that is named with it or told of") {
    shown.entry.act.object = "persons/swe.sven";
    CHECK_THAT(said(shown.check()), Contains("another act than was asked for"));
    v1::Person reply;
    reply.set_name("persons/swe.sven");
    CHECK(shown.check("ConfirmPerson", reply).ok());
    shown.entry.act.touched = {"persons/swe.anna"};
    CHECK(shown.check().ok());
  }
  SECTION("but one on what the request names a part of") {
    shown.wanted.name = "persons/swe.anna/revisions/7";
    CHECK(shown.check().ok());
    shown.wanted.name = "persons/swe.annabel";
    CHECK_THAT(said(shown.check()), Contains("another act than was asked for"));
  }
  SECTION("nor what its caller does not agree with") {
    shown.wanted.also = [](const Entry& entry) {
      return Status(Code::Internal, Reason::None, entry.act.object);
    };
    CHECK(shown.check().message() == "persons/swe.anna");
  }
}

TEST_CASE("an entry proves the act of one request, and of no other", "[client][proof]") {
  // The same asked for twice, on two nonces.
  const Shown first(confirming("persons/swe.anna"));
  Shown second(confirming("persons/swe.anna"));
  CHECK(first.wanted.asked.binding != second.wanted.asked.binding);
  second.change = [&](v1::ActProof& proof) {
    proof.mutable_receipt()->set_leaf_hash(std::string(as_view(entry_leaf(
        bound_blinding(proof.inner(), first.wanted.asked.binding), encode_entry(first.entry)))));
  };
  CHECK_THAT(said(second.check()), Contains("was not made for it"));
  const std::string nonce(32, 'n');
  const std::string bound = binding_of(nonce, "/s/m", "request");
  CHECK(bound.size() == 32);
  CHECK(bound != binding_of(nonce, "/s/m", "another"));
  CHECK(bound != binding_of(nonce, "/s/n", "request"));
  CHECK(bound != binding_of(std::string(32, 'o'), "/s/m", "request"));
}

TEST_CASE("an entry that is not the receipt's proves nothing", "[client][proof]") {
  Shown shown(confirming("persons/swe.anna"));
  SECTION("other words") {
    shown.told = shown.entry;
    shown.told->act.object_digest = std::string(32, 'd');
  }
  SECTION("another place") {
    shown.change = [](v1::ActProof& proof) { proof.mutable_receipt()->set_entry_index(42); };
  }
  SECTION("another inner") {
    shown.change = [](v1::ActProof& proof) { proof.set_inner(std::string(blinding_bytes, 'j')); };
  }
  SECTION("none") {
    shown.change = [](v1::ActProof& proof) { proof.clear_inner(); };
  }
  CHECK_THAT(said(shown.check()), Contains("was not made for it"));
}

TEST_CASE("a reply without a proof that reads proves nothing", "[client][proof]") {
  const auto in = [](const std::string& value) {
    return proof_in({{"content-type", "application/grpc"}, {"entente-proof-bin", value}});
  };
  CHECK_THAT(said(proof_in({{"content-type", "application/grpc"}}).status()),
             Contains("does not prove that it entered it"));
  CHECK_THAT(said(in("*").status()), Contains("does not read"));
  CHECK_THAT(said(in(wire::to_binary("\xff\xff")).status()), Contains("does not read"));
  CHECK_THAT(said(in("").status()), Contains("no checkpoint"));
  v1::ActProof proof;
  proof.mutable_receipt()->set_checkpoint(
      "demo.example/ledger\n50\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"
      "\xe2\x80\x94 demo.example/ledger AAAAAAA=\n");
  proof.add_consistency_path(std::string(32, 'x'));
  const Result<ShownProof> shown = in(wire::to_binary(proof.SerializeAsString()));
  REQUIRE(shown.ok());
  CHECK(shown->size == 50);
  CHECK(shown->path.size() == 1);
  proof.add_consistency_path("short");
  CHECK_THAT(said(in(wire::to_binary(proof.SerializeAsString())).status()), Contains("is cut"));
}

}  // namespace
}  // namespace entente::client
