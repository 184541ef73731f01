// `entente stats prove`: who supplied a figure, when, and that it is unaltered.
#include <filesystem>
#include <iostream>

#include "client/cli/stats_words.h"
#include "client/lib/evidence.h"
#include "client/lib/kept_file.h"
#include "client/lib/sent_file.h"
#include "proto/contract/bytes.h"

namespace entente::cli {
namespace {

struct Proved {
  std::string what;
  std::vector<std::string> where;
  std::string at;
  std::string as_of;
  std::string file;
  std::string save;
};

// What `openssl cms -verify` needs, and nothing of ours.
Status save(const std::string& folder, const client::UploadProof& proof) {
  const std::filesystem::path path(folder);
  std::error_code error;
  std::filesystem::create_directories(path, error);
  const auto write = [&](const char* name, const std::string& bytes) {
    return client::keep_file((path / name).string(), bytes, "--save").ok();
  };
  std::string proof_text = to_hex(proof.salt) + "\n" + std::to_string(proof.index) + "\n";
  for (const std::string& one : proof.path) proof_text += to_hex(one) + "\n";
  const v1::UploadEvidence& evidence = proof.evidence;
  const bool written =
      write("manifest", evidence.manifest()) &&
      write("signature.der", evidence.upload().signature()) &&
      write("certificate.der", proof.certificate_der) &&
      (evidence.mapping().empty() || write("mapping.binpb", evidence.mapping())) &&
      (evidence.file_words().empty() || write("file", evidence.file_words())) &&
      (proof.row.empty() || (write("row", proof.row) && write("row-proof", proof_text)));
  return written ? Status() : invalid_argument("save", "`" + folder + "` cannot be written");
}

void show_proof(const client::UploadProof& proof, const std::string& file) {
  const v1::Upload& upload = proof.evidence.upload();
  std::cout << "holds: " << safe(upload.party()) << " supplied "
            << (proof.row.empty() ? "" : "the row `" + safe(proof.row) + "` of\n  ")
            << safe(upload.name()) << "\n  signed by " << safe(proof.account) << ", certificate "
            << to_hex(upload.signer_certificate_sha256()).substr(0, 16) << "\n  on "
            << to_rfc3339(Instant(std::chrono::seconds(upload.recorded_at().seconds())));
  if (!upload.sha256().empty()) std::cout << ", file sha256 " << to_hex(upload.sha256());
  std::cout << '\n';
  if (proof.entry) {
    std::cout << "  entry " << *proof.entry << " of the ledger, under the checkpoint seen last\n";
  } else {
    std::cout << "  its ledger entry is for others than you: the signature alone was checked\n";
  }
  if (!file.empty()) std::cout << "  " << file << " is that file, unaltered\n";
}

// A figure by its row; an upload as a whole.
Result<client::UploadProof> prove(client::Client& client, const Proved& asked,
                                  const v1::QueryRequest& query, std::string_view file_sha256) {
  std::string name = query.dataflow();
  client::UploadProof proof;
  if (name.find("/uploads/") == std::string::npos) {
    ENTENTE_TRY(const client::SeenFigure figure, client::find_figure(client, query));
    ENTENTE_TRY(proof, client::prove_figure(client, query, figure));
    name = proof.evidence.upload().name();
    if (asked.file.empty()) return proof;
    if (proof.evidence.upload().sha256().empty()) {
      return Status(Code::FailedPrecondition, Reason::None,
                    "you may not see all of the file that the figure came in: prove it without");
    }
  }
  ENTENTE_TRY(client::UploadProof whole, client::prove_upload(client, name, file_sha256));
  if (proof.row.empty()) return whole;
  return proof;
}

void run_proof(Context& context, const Proved& asked) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  v1::QueryRequest query;
  query.set_dataflow(full_name("dataflows/", asked.what));
  if (query.dataflow().find("/uploads/") == std::string::npos) {
    query.set_start_period(asked.at);
    query.set_end_period(asked.at);
    if (asked.at.empty()) return context.fail(invalid_argument("--at", "say of which period"));
    if (!read_selections(context, asked.where, *query.mutable_selections())) return;
    if (!asked.as_of.empty() &&
        !read_time(context, asked.as_of, "--as-of", *query.mutable_as_of())) {
      return;
    }
  }
  std::string sha256;
  if (!asked.file.empty()) {
    Result<client::FileDigest> digest = client::digest_of(asked.file);
    if (!digest.ok()) return context.fail(digest.status());
    sha256 = digest->sha256;
  }
  const Result<client::UploadProof> proof = prove(**client, asked, query, sha256);
  if (!proof.ok()) return context.fail(proof.status());
  if (!asked.save.empty()) {
    if (const Status saved = save(asked.save, *proof); !saved.ok()) return context.fail(saved);
  }
  context.json ? print_json(proof->evidence) : show_proof(*proof, asked.file);
}

}  // namespace

void add_prove_verb(CLI::App& group, Context& context) {
  auto asked = std::make_shared<Proved>();
  CLI::App* verb =
      add_verb(group, "prove", "who supplied a figure or file, when, and that it is unaltered",
               "entente stats prove IGC.ASYLUM --where REF_AREA=SWE --where CITIZEN=AFG --where "
               "APPLICATION=N --at 2021\n"
               "  entente stats prove IGC.ASYLUM/uploads/5f0c... --file asylum.csv --save evidence",
               [=, &context] { run_proof(context, *asked); });
  verb->add_option("what", asked->what, "an upload's name; or a dataflow, with --where and --at")
      ->required();
  verb->add_option("--where", asked->where, "DIMENSION=CODE; may be given again");
  verb->add_option("--at", asked->at, "the figure's period, such as 2021");
  verb->add_option("--as-of", asked->as_of, "of a figure as it was known then");
  verb->add_option("--file", asked->file, "the file that is said to be it");
  verb->add_option("--save", asked->save, "a folder for what stock tools check it by");
}

}  // namespace entente::cli
