#include "client/lib/sealing.h"

#include <google/protobuf/util/message_differencer.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "client/lib/certificates.h"
#include "client/lib/kept_file.h"
#include "client/lib/lie.h"
#include "client/lib/looks.h"
#include "client/lib/sealed_body.h"
#include "client/lib/signature.h"
#include "proto/contract/bytes.h"
#include "proto/contract/limits_sealing.h"
#include "proto/contract/roster.h"
#include "proto/contract/timestamp.h"

namespace entente::client {
namespace {

const std::string kSealing = "entente.v1.SealingService.";

std::string_view shown(const Secret& secret) { return secret.reveal(SecretAccess()); }

std::string party_of(const std::string& account) {
  return account.substr(0, account.find("/accounts/"));
}

// A file that goes with its owner, whatever happens.
class Passing {
 public:
  explicit Passing(std::string path) : path_(std::move(path)) {}
  ~Passing() {
    std::error_code error;
    std::filesystem::remove(path_, error);
  }
  Passing(const Passing&) = delete;
  Passing& operator=(const Passing&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string passing_path(const std::string& folder, std::string_view word) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return folder + "/" + std::string(word) + "." + std::to_string(::getpid());
}

// What to know before it is sent; refused, if nobody else has looked at the ledger for too long.
Result<std::string> warning_of(Client& client, const Clock& clock, const SealingHand& hand) {
  const std::string party = hand.account.substr(0, hand.account.find("/accounts/"));
  ENTENTE_TRY(
      const witness::Assurance looked,
      assurance(client, clock, hand.ledger_key, hand.witnesses, party.substr(party.find('/') + 1)));
  const std::size_t others = witness::Assurance::foreign_min;
  if (!looked.may_seal_confidential()) {
    return Status(Code::FailedPrecondition, Reason::ProofInvalid,
                  "nothing confidential is sealed: of the witnesses of other parties that this "
                  "client trusts, " +
                      std::to_string(looked.within_week.size()) + " of " + std::to_string(others) +
                      " needed have looked at the ledger within seven days. Until they do, nobody "
                      "but the host says who belongs to the audience (docs/sealing.md)");
  }
  if (!looked.warns()) return std::string();
  return "only " + std::to_string(looked.within_day.size()) + " of " + std::to_string(others) +
         " other parties' witnesses have looked at the ledger since yesterday";
}

v1::SealedManifest manifest_of(const SealFile& file, const BodyKey& key, const BodyDigests& body) {
  const v1::Document& document = file.request.document();
  const v1::Content& content = file.request.content();
  v1::SealedManifest manifest;
  manifest.set_format("entente-sealed/1");
  manifest.set_language(content.language());
  *manifest.mutable_title() = document.title();
  *manifest.mutable_abstract() = document.abstract();
  manifest.set_file_name(content.file_name());
  manifest.set_media_type(content.media_type());
  manifest.set_key(std::string(shown(key.key)));
  manifest.set_nonce(key.nonce);
  manifest.set_chunk_bytes(limits::sealed_chunk_bytes);
  manifest.set_bytes(body.bytes);
  manifest.set_sha256(body.sha256);
  manifest.set_sealed_sha256(body.sealed_sha256);
  return manifest;
}

// Signs the manifest and seals it to the recipients.
Result<std::string> envelope_of(const SealingHand& hand, const Clock& clock,
                                const Recipients& recipients, v1::SealedManifest& manifest) {
  manifest.set_network(recipients.origin);
  manifest.set_roster_sha256(std::string(as_view(recipients.digest)));
  manifest.set_sealed_by(hand.account);
  set_second(*manifest.mutable_sealed_at(), clock.now());
  ENTENTE_TRY(const Secret json, manifest_json(manifest));
  ENTENTE_TRY(Secret enclosed, [&]() -> Result<Secret> {
    ENTENTE_TRY(std::string der,
                sign_enclosed(hand.files.certificate_path, hand.files.key_path, shown(json)));
    return Secret(std::move(der));
  }());
  return seal_envelope(shown(enclosed), recipients.certificates_der);
}

// Of a request what the host may know.
v1::BeginContentRequest said_openly(const SealFile& file) {
  v1::BeginContentRequest request = file.request;
  request.mutable_document()->clear_title();
  request.mutable_document()->clear_abstract();
  request.mutable_document()->clear_topics();
  request.mutable_document()->clear_countries();
  request.mutable_content()->set_file_name("sealed");
  request.mutable_content()->set_media_type("application/octet-stream");
  return request;
}

Result<v1::Document> document_named(Client& client, const std::string& name) {
  v1::GetDocumentRequest request;
  request.set_name(name);
  return client.call<v1::Document>("entente.v1.DocumentService.GetDocument", request);
}

// --- opening ---

// An envelope that opened, with all that was signed in it.
struct Inside {
  v1::SealedManifest manifest;
  Secret enclosed;  // SignedData
  v1::Envelope envelope;
};

// That `party`'s account sealed it, by a certificate that stands in the ledger.
Status check_hand(CertificateReader& certificates, const std::string& signer_der,
                  const std::string& account, const std::string& party) {
  ENTENTE_TRY(const v1::Certificate signer,
              certificates.of_party("certificates/" + to_hex(as_view(sha256(signer_der))), party));
  if (signer.account() != account || account.substr(0, account.find("/accounts/")) != party) {
    return lie("the envelope was not sealed by `" + party + "`, but by another's key");
  }
  return Status();
}

bool is_translation(const v1::Content& content) {
  return content.status() == v1::Content::OFFICIAL_TRANSLATION ||
         content.status() == v1::Content::COURTESY_TRANSLATION;
}

// What was shared on is what its originator sealed, but for the roster and who sealed it.
Status check_shared(CertificateReader& certificates, const v1::SealedManifest& manifest,
                    const v1::Content& content) {
  ENTENTE_TRY(const Enclosed first, open_enclosed(manifest.shared_from()));
  ENTENTE_TRY(v1::SealedManifest before, parse_manifest(shown(first.content)));
  if (!before.shared_from().empty()) return lie("the envelope was shared on from another copy");
  ENTENTE_TRY_VOID(
      check_hand(certificates, first.signer_der, before.sealed_by(),
                 is_translation(content) ? party_of(before.sealed_by()) : before.originator()));
  v1::SealedManifest now = manifest;
  for (v1::SealedManifest* one : {&before, &now}) {
    one->clear_roster_sha256();
    one->clear_sealed_by();
    one->clear_sealed_at();
    one->clear_shared_from();
  }
  // Not as bytes: a map has no order.
  if (google::protobuf::util::MessageDifferencer::Equals(now, before)) return Status();
  return lie("what was shared on is not what its originator sealed");
}

Status check_roster(const v1::Envelope& envelope, const v1::SealedManifest& manifest) {
  std::vector<RosterEntry> entries;
  for (const v1::SealRecipient& one : envelope.recipients()) {
    entries.push_back({.office = one.office(), .certificate = one.certificate()});
  }
  const Result<Digest> digest = roster_digest(manifest.network(), std::move(entries));
  if (digest.ok() && as_view(*digest) == manifest.roster_sha256()) return Status();
  return lie("the server names other recipients than those to whom it was sealed");
}

Result<Inside> look_inside(Client& client, const std::vector<OfficeKey>& keys,
                           const v1::Document& document, const Fetched& copy,
                           v1::Envelope envelope) {
  for (const OfficeKey& key : keys) {
    Result<Secret> enclosed = open_envelope(envelope.cms(), key);
    if (enclosed.status().code() == Code::FailedPrecondition) continue;
    if (!enclosed.ok()) return enclosed.status();
    ENTENTE_TRY(const Enclosed inside, open_enclosed(shown(*enclosed)));
    ENTENTE_TRY(v1::SealedManifest manifest, parse_manifest(shown(inside.content)));
    ENTENTE_TRY(const note::Checkpoint network, client.checkpoint());
    if (manifest.network() != network.origin || manifest.document() != document.name() ||
        manifest.originator() != document.originator() ||
        manifest.language() != copy.content.language() ||
        manifest.revision() > document.revision() ||
        manifest.sealed_sha256() != copy.content.sha256()) {
      return lie("the envelope is of another document or content than this");
    }
    CertificateReader certificates(client);
    // A translation may be another party's, with the originator's consent; who reads is told whose.
    const bool by_another = !manifest.shared_from().empty() || is_translation(copy.content);
    const std::string party = by_another ? party_of(manifest.sealed_by()) : manifest.originator();
    ENTENTE_TRY_VOID(check_hand(certificates, inside.signer_der, manifest.sealed_by(), party));
    if (!manifest.shared_from().empty())
      ENTENTE_TRY_VOID(check_shared(certificates, manifest, copy.content));
    ENTENTE_TRY_VOID(check_roster(envelope, manifest));
    return Inside{.manifest = std::move(manifest),
                  .enclosed = std::move(*enclosed),
                  .envelope = std::move(envelope)};
  }
  return Status(Code::FailedPrecondition, Reason::None,
                "it is not sealed to an office whose key is here");
}

// Of the envelopes of a copy, the newest that opens.
Result<Inside> open_copy(Client& client, const std::vector<OfficeKey>& keys,
                         const v1::Document& document, const Fetched& copy) {
  if (keys.empty()) {
    return Status(Code::FailedPrecondition, Reason::None,
                  "no office's key is here: name a folder with cert.pem and key.pem");
  }
  v1::ListEnvelopesRequest request;
  request.set_name(copy.reading);
  ENTENTE_TRY(v1::ListEnvelopesReply reply,
              client.call<v1::ListEnvelopesReply>(kSealing + "ListEnvelopes", request));
  Status last(Code::FailedPrecondition, Reason::None, "it has no envelope");
  for (v1::Envelope& one : *reply.mutable_envelopes()) {
    Result<Inside> inside = look_inside(client, keys, document, copy, std::move(one));
    if (inside.ok() || inside.status().code() != Code::FailedPrecondition) return inside;
    last = inside.status();
  }
  return last;
}

// Opens the sealed bytes at `body` into `out`; the manifest has no key from then on.
Status open_into(Inside& inside, const std::string& body, std::ostream& out) {
  const BodyKey key{.key = Secret(std::move(*inside.manifest.mutable_key())),
                    .nonce = inside.manifest.nonce()};
  inside.manifest.clear_key();
  inside.manifest.clear_shared_from();
  std::ifstream in(body, std::ios::binary);
  ENTENTE_TRY(const BodyDigests digests, open_body(key, inside.manifest.bytes(), in, out));
  if (digests.sha256 == inside.manifest.sha256() &&
      digests.sealed_sha256 == inside.manifest.sealed_sha256()) {
    return {};
  }
  return lie("the document is not the one that was sealed");
}

// A copy that leaves its receipt, without its bytes.
Result<Fetched> open_copy_of(Client& client, const v1::Document& document,
                             const std::string& language) {
  v1::OpenDocumentRequest open;
  open.set_name(document.name());
  open.set_language(language);
  ENTENTE_TRY(const v1::Reading reading,
              client.call<v1::Reading>("entente.v1.DocumentService.OpenDocument", open));
  Fetched copy;
  copy.reading = reading.name();
  copy.content = reading.content();
  copy.document = document.name().substr(0, document.name().find("/revisions/"));
  if (reading.has_receipt()) copy.receipt = reading.receipt();
  ENTENTE_TRY_VOID(check_receipt(client, copy));
  return copy;
}

}  // namespace

Result<v1::Document> seal_and_send(Client& client, const Clock& clock, const SealingHand& hand,
                                   SealFile file, const Progress& on_progress) {
  v1::Document& document = *file.request.mutable_document();
  v1::GetRosterRequest ask;
  std::uint64_t revision = 1;
  std::string originator = party_of(hand.account);
  if (document.name().empty()) {
    *ask.mutable_draft()->mutable_visibility() = document.visibility();
    ask.mutable_draft()->set_process(document.process());
  } else {
    ENTENTE_TRY(const v1::Document there, document_named(client, document.name()));
    *document.mutable_visibility() = there.visibility();
    revision = there.revision() + 1;
    originator = there.originator();
    ask.set_document(document.name());
  }
  ENTENTE_TRY(const std::string warning, warning_of(client, clock, hand));
  ENTENTE_TRY(const Recipients recipients,
              prove_recipients(client, clock, ask, document.visibility().audience(), file.without));
  if (recipients.offices.empty()) return invalid_argument("without", "leaves nobody to seal to");
  if (file.agree && !file.agree(recipients, warning)) {
    return Status(Code::Cancelled, Reason::None, "nothing was sent");
  }
  const Passing body(passing_path(hand.work_dir, "sealed"));
  ENTENTE_TRY(const BodyKey key, BodyKey::fresh());
  v1::SealedManifest manifest;
  {
    std::ifstream in(file.path, std::ios::binary);
    std::ofstream out(body.path(), std::ios::binary | std::ios::trunc);
    if (!in || !out) return invalid_argument("file", "`" + file.path + "` cannot be sealed");
    ENTENTE_TRY(const BodyDigests digests, seal_body(key, in, out));
    manifest = manifest_of(file, key, digests);
  }
  manifest.set_revision(revision);
  manifest.set_originator(originator);
  DocumentFile sending;
  sending.path = body.path();
  sending.request = said_openly(file);
  if (!document.name().empty()) sending.request.mutable_document()->clear_visibility();
  sending.certificate_path = hand.files.certificate_path;
  sending.key_path = hand.files.key_path;
  sending.before_finish = [&](const std::string& name,
                              const std::string& upload_id) -> Result<std::string> {
    manifest.set_document(name);
    v1::PutEnvelopeRequest put;
    put.set_upload_id(upload_id);
    ENTENTE_TRY(*put.mutable_cms(), envelope_of(hand, clock, recipients, manifest));
    *put.mutable_recipients() = {recipients.offices.begin(), recipients.offices.end()};
    put.set_roster_sha256(std::string(as_view(recipients.digest)));
    ENTENTE_TRY_VOID(client.call<v1::Envelope>(kSealing + "PutEnvelope", put).status());
    return to_hex(as_view(sha256(put.cms()))) + "\n" + to_hex(as_view(recipients.digest)) + "\n";
  };
  return upload_document(client, std::move(sending), on_progress);
}

Result<Opened> fetch_and_open(Client& client, const std::vector<OfficeKey>& keys,
                              const v1::Document& document, const std::string& language,
                              const std::string& path, const Progress& on_progress) {
  const std::string folder =
      path.empty() ? "." : std::filesystem::path(path).parent_path().string();
  const Passing body(passing_path(folder.empty() ? "." : folder, ".sealed"));
  ENTENTE_TRY(const Fetched copy, fetch_document(client, document, language, body.path(),
                                                 Opening::Always, on_progress));
  ENTENTE_TRY_VOID(check_receipt(client, copy));
  ENTENTE_TRY(Inside inside, open_copy(client, keys, document, copy));
  Opened opened;
  opened.path = path.empty() ? unused_name(inside.manifest.file_name()) : path;
  ENTENTE_TRY(KeptFile file, KeptFile::create(opened.path));
  ENTENTE_TRY_VOID(open_into(inside, body.path(), file.out()));
  ENTENTE_TRY_VOID(file.finish());
  opened.manifest = std::move(inside.manifest);
  opened.copy_number = copy.copy_number;
  opened.recipients = {inside.envelope.recipients().begin(), inside.envelope.recipients().end()};
  return opened;
}

Result<OpenedHere> open_here(Client& client, const std::vector<OfficeKey>& keys,
                             const v1::Document& document, const v1::Content& content,
                             const std::string& folder, std::uint64_t bytes_max) {
  if (content.bytes() > bytes_max) {
    ENTENTE_TRY(const Fetched copy, open_copy_of(client, document, content.language()));
    ENTENTE_TRY(Inside inside, open_copy(client, keys, document, copy));
    inside.manifest.clear_key();
    inside.manifest.clear_shared_from();
    return OpenedHere{.manifest = std::move(inside.manifest), .content = {}};
  }
  const Passing body(passing_path(folder, "coming"));
  ENTENTE_TRY(const Fetched copy,
              fetch_document(client, document, content.language(), body.path(), Opening::Always,
                             [](std::uint64_t, std::uint64_t) {}));
  ENTENTE_TRY_VOID(check_receipt(client, copy));
  ENTENTE_TRY(Inside inside, open_copy(client, keys, document, copy));
  std::ostringstream out;
  ENTENTE_TRY_VOID(open_into(inside, body.path(), out));
  return OpenedHere{.manifest = std::move(inside.manifest), .content = std::move(out).str()};
}

Result<Recipients> share_on(Client& client, const Clock& clock, const SealingHand& hand,
                            const std::vector<OfficeKey>& keys, const v1::Document& document,
                            const std::string& language, const std::set<std::string>& without) {
  ENTENTE_TRY_VOID(warning_of(client, clock, hand).status());
  ENTENTE_TRY(const Fetched copy, open_copy_of(client, document, language));
  ENTENTE_TRY(Inside inside, open_copy(client, keys, document, copy));
  v1::GetRosterRequest ask;
  ask.set_document(document.name());
  std::set<std::string> have = without;
  // By certificate: whose was revoked since has a new one, and no envelope for it.
  for (const v1::SealRecipient& one : inside.envelope.recipients()) have.insert(one.certificate());
  Result<Recipients> recipients =
      prove_recipients(client, clock, ask, document.visibility().audience(), have);
  if (!recipients.ok() || recipients->offices.empty()) return recipients;
  v1::SealedManifest manifest = inside.manifest;
  if (manifest.shared_from().empty())
    manifest.set_shared_from(shown(inside.enclosed).data(), shown(inside.enclosed).size());
  v1::ShareEnvelopeRequest share;
  share.set_document(document.name());
  share.set_language(language);
  ENTENTE_TRY(*share.mutable_cms(), envelope_of(hand, clock, *recipients, manifest));
  *share.mutable_recipients() = {recipients->offices.begin(), recipients->offices.end()};
  share.set_roster_sha256(std::string(as_view(recipients->digest)));
  ENTENTE_TRY(const Signature signature,
              sign_detached(hand.files.certificate_path, hand.files.key_path,
                            "entente-share/1\n" + document.name() + "\n" + manifest.language() +
                                "\n" + to_hex(as_view(sha256(share.cms()))) + "\n" +
                                to_hex(as_view(recipients->digest)) + "\n"));
  share.set_signature(signature.der);
  share.set_signer_certificate_sha256(signature.certificate_sha256);
  ENTENTE_TRY_VOID(client.call<v1::Envelope>(kSealing + "ShareEnvelope", share).status());
  return recipients;
}

}  // namespace entente::client
