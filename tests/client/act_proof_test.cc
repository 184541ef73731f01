// What a reply proves of an act, and each way in which it does not.
#include "client/lib/act_proof.h"

#include <catch2/catch.hpp>

#include "entente/v1/directory.pb.h"
#include "proto/contract/bytes.h"
#include "proto/contract/entry.h"
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

// The reply to ConfirmPerson of a client that had seen 40 entries.
struct Shown {
  Shown() {
    entry.index = 41;
    entry.time = Instant(std::chrono::seconds(1));
    entry.act.account = anna;
    entry.act.party = "SWE";
    entry.act.kind = "directory.person.confirm";
    entry.act.object = "persons/swe.anna";
  }
  ShownProof proof() const {
    ShownProof made{.proof = {}, .from = 40, .size = 50};
    v1::Receipt& receipt = *made.proof.mutable_receipt();
    receipt.set_entry_index(entry.index);
    receipt.set_leaf_hash(std::string(as_view(entry_leaf(blinding, encode_entry(entry)))));
    return made;
  }
  Status check(const std::string& method = "ConfirmPerson") const {
    return check_act(method_named(method), anna, proof(), blinding, encode_entry(entry));
  }
  Entry entry;
  std::string blinding = std::string(blinding_bytes, 'b');
};

std::string said(const Status& status) {
  CHECK(status.code() == Code::DataLoss);
  CHECK(status.reason() == Reason::ProofInvalid);
  return std::string(status.message());
}

using Catch::Matchers::Contains;

}  // namespace

TEST_CASE("an entry proves the act that it says", "[client][proof]") {
  CHECK(leaves_entry(method_named("ConfirmPerson")));
  CHECK_FALSE(leaves_entry(method_named("GetPerson")));
  Shown shown;
  CHECK(shown.check().ok());
  SECTION("and no other kind of act") {
    CHECK_THAT(said(shown.check("UpdatePerson")), Contains("another act"));
  }
  SECTION("nor another's") {
    shown.entry.act.account = "parties/SWE/accounts/sven";
    CHECK_THAT(said(shown.check()), Contains("another act"));
  }
  SECTION("nor one from before") {
    shown.entry.index = 39;
    CHECK_THAT(said(shown.check()), Contains("had been there before"));
  }
}

TEST_CASE("an entry that is not the receipt's proves nothing", "[client][proof]") {
  const Shown shown;
  const ShownProof proof = shown.proof();
  const auto& method = method_named("ConfirmPerson");
  Entry other = shown.entry;
  other.act.object = "persons/swe.sven";
  const std::string canonical = encode_entry(shown.entry);
  CHECK_THAT(said(check_act(method, anna, proof, shown.blinding, encode_entry(other))),
             Contains("not what it says it is"));
  CHECK_THAT(said(check_act(method, anna, proof, std::string(blinding_bytes, 'c'), canonical)),
             Contains("not what it says it is"));
  CHECK_THAT(said(check_act(method, anna, proof, "short", canonical)), Contains("not what"));
  CHECK_THAT(said(check_act(method, anna, proof, shown.blinding, "")), Contains("not what"));
  ShownProof elsewhere = proof;
  elsewhere.proof.mutable_receipt()->set_entry_index(42);
  CHECK_THAT(said(check_act(method, anna, elsewhere, shown.blinding, canonical)),
             Contains("not what it says it is"));
}

TEST_CASE("a reply without a proof that reads proves nothing", "[client][proof]") {
  const auto in = [](const std::string& value) {
    return proof_in({{"content-type", "application/grpc"}, {"entente-proof-bin", value}}, 7);
  };
  CHECK_THAT(said(proof_in({{"content-type", "application/grpc"}}, 7).status()),
             Contains("does not prove that it entered it"));
  CHECK_THAT(said(in("*").status()), Contains("does not read"));
  CHECK_THAT(said(in(wire::to_binary("\xff\xff")).status()), Contains("does not read"));
  CHECK_THAT(said(in("").status()), Contains("no checkpoint"));
  v1::ActProof proof;
  proof.mutable_receipt()->set_checkpoint(
      "demo.example/ledger\n50\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"
      "\xe2\x80\x94 demo.example/ledger AAAAAAA=\n");
  const Result<ShownProof> shown = in(wire::to_binary(proof.SerializeAsString()));
  REQUIRE(shown.ok());
  CHECK(shown->leads(7, 50));
  CHECK_FALSE(shown->leads(7, 49));
  CHECK_FALSE(shown->leads(8, 50));
}

}  // namespace entente::client
