// `entente witness`: a party's own eye on the ledger, for as long as it runs.
#include <chrono>
#include <iostream>
#include <thread>

#include "client/cli/services.h"
#include "client/cli/verbs.h"
#include "client/lib/state_files.h"
#include "entente/v1/ledger.pb.h"
#include "proto/contract/bytes.h"
#include "proto/contract/witness.h"

namespace entente::cli {
namespace {

struct WitnessFiles {
  std::string key;     // 32 bytes or 64 hexadecimal digits
  std::string name;    // `swe.example/witness`
  std::string memory;  // the last note that it put its name to
};

Result<std::unique_ptr<witness::Witness>> open_witness(const WitnessFiles& files,
                                                       const std::string& ledger_key) {
  std::string seed = first_line_of(files.key);
  if (const auto octets = from_hex(seed); octets && octets->size() == note::key_bytes)
    seed = *octets;
  if (seed.size() != note::key_bytes || !note::is_key_name(files.name)) {
    return invalid_argument("key", "must be a file of 64 hexadecimal digits, and `--name` a name");
  }
  ENTENTE_TRY(note::VerifierKey log, note::VerifierKey::parse(ledger_key));
  std::vector<std::string> kept;
  if (std::string last = client::read_whole(files.memory); !last.empty()) kept.push_back(last);
  std::vector<note::VerifierKey> logs;
  logs.push_back(std::move(log));
  return witness::Witness::open(
      note::SigningKey(files.name, note::SignatureType::Cosignature, Secret(std::move(seed))),
      std::move(logs), kept, [path = files.memory](const std::string&, const std::string& note) {
        return client::write_whole(path, note);
      });
}

// One round: the newest checkpoint, the proof that it continues the last one vouched for, the
// witness's verdict, and its cosignature back to the server.
Status look_once(client::Client& client, witness::Witness& eye, const std::string& origin,
                 const Clock& clock) {
  ENTENTE_TRY(
      const v1::Checkpoint newest,
      client.call<v1::Checkpoint>(ledger_service + "GetCheckpoint", v1::GetCheckpointRequest()));
  const std::optional<note::Checkpoint> last = eye.last(origin);
  witness::AddCheckpoint request;
  request.old_size = last ? last->size : 0;
  if (request.old_size > 0 && request.old_size < newest.size()) {
    v1::ProveConsistencyRequest ask;
    ask.set_old_size(request.old_size);
    ask.set_size(newest.size());
    ENTENTE_TRY(const v1::ConsistencyProof proof,
                client.call<v1::ConsistencyProof>(ledger_service + "ProveConsistency", ask));
    for (const std::string& hash : proof.path()) {
      if (hash.size() == sizeof(Digest)) request.proof.push_back(digest_from(hash));
    }
  }
  // What the server signed, without what other witnesses said of it.
  ENTENTE_TRY(note::Note own, note::Note::parse(newest.note()));
  own.signatures.resize(1);
  request.note = own.format();
  const witness::Answer answer = eye.add_checkpoint(request.format(), clock.now());
  if (answer.http_status != 200) {
    return Status(Code::DataLoss, Reason::ProofInvalid,
                  "the witness does not put its name to it: " + answer.body);
  }
  v1::AddCosignatureRequest add;
  add.set_note(request.note + answer.body);
  return client.call<v1::AddCosignatureReply>(ledger_service + "AddCosignature", add).status();
}

// What a later look may find otherwise: the server or the way to it was away, or busy.
bool passes(const Status& status) {
  switch (status.code()) {
    case Code::Unavailable:
    case Code::DeadlineExceeded:
    case Code::ResourceExhausted:
    case Code::Aborted:
      return true;
    default:
      return false;
  }
}

// A session ends after hours, and the daemon may be started anew: then it is begun again with the
// password that the profile has for programs. Once a look, so that a wrong one is not tried on.
Status look(const Context& context, client::Client& client, witness::Witness& eye,
            const std::string& origin) {
  const Status looked = look_once(client, eye, origin, context.clock());
  if (looked.reason() != Reason::SignedOut) return looked;
  const Profiles profiles = context.profiles();
  ENTENTE_TRY(const config::v1::Profile profile, profiles.load(profiles.current()));
  if (profile.password_file().empty()) return looked;
  ENTENTE_TRY(const Secret password, profiles.password(""));
  ENTENTE_TRY_VOID(client.sign_in(password));
  return look_once(client, eye, origin, context.clock());
}

}  // namespace

void add_witness_verb(CLI::App& app, Context& context) {
  auto files = std::make_shared<WitnessFiles>();
  auto every_s = std::make_shared<unsigned>(0);
  auto show_key = std::make_shared<bool>(false);
  CLI::App* verb = add_verb(
      app, "witness", "co-signs the ledger's checkpoints, if each continues the one before",
      "entente witness --key witness.key --name swe.example/witness --memory witness.note --every "
      "60",
      [=, &context] {
        const Profiles profiles = context.profiles();
        Result<client::Options> options = profiles.options();
        if (!options.ok()) return context.fail(options.status());
        Result<std::unique_ptr<witness::Witness>> eye = open_witness(*files, options->ledger_key);
        if (!eye.ok()) return context.fail(eye.status());
        if (*show_key) {
          std::cout << (*eye)->key().text() << '\n';
          return;
        }
        Result<client::Client*> client = context.client();
        if (!client.ok()) return context.fail(client.status());
        const std::string origin = options->ledger_key.substr(0, options->ledger_key.find('+'));
        for (;;) {
          const Status looked = look(context, **client, **eye, origin);
          if (looked.ok()) {
            std::cout << "co-signed " << (*eye)->last(origin)->size << " entries" << std::endl;
          } else if (*every_s == 0 || !passes(looked)) {
            return context.fail(looked);
          } else {
            print_error(looked);
          }
          if (*every_s == 0) return;
          std::this_thread::sleep_for(std::chrono::seconds(*every_s));
        }
      });
  verb->add_option("--key", files->key, "the witness's own key: 64 hexadecimal digits")->required();
  verb->add_option("--name", files->name, "the witness's name")->required();
  verb->add_option("--memory", files->memory, "where it keeps what it last vouched for")
      ->required();
  verb->add_option(
      "--every", *every_s,
      "again after so many seconds, until Ctrl-C; waits for a server that is away, and "
      "signs in again by the profile's password file");
  verb->add_flag("--show-key", *show_key, "prints the key to publish, and ends");
}

}  // namespace entente::cli
