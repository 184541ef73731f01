// `entente archive`: everything of a process that one may see, in one signed file.
#include "client/cli/archive_verbs.h"

#include <unistd.h>

#include <iostream>

#include "client/cli/stats_words.h"
#include "client/lib/archive.h"
#include "entente/v1/session.pb.h"

namespace entente::cli {
namespace {

struct Archiving {
  std::string process;
  std::string out;
  bool own = false;
};

void run_archive(Context& context, const Archiving& said) {
  Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  Result<client::Options> options = context.profiles().options();
  if (!options.ok()) return context.fail(options.status());
  client::ArchiveOptions archive;
  archive.process = full_name("processes/", said.process);
  archive.path = said.out;
  archive.certificate_path = options->certificate_path;
  archive.key_path = options->key_path;
  if (said.own) {
    const Result<v1::Session> me = (*client)->call<v1::Session>(
        "entente.v1.SessionService.GetSession", v1::GetSessionRequest());
    if (!me.ok()) return context.fail(me.status());
    archive.party = me->party();
  }
  if (::isatty(STDERR_FILENO) != 0) {
    archive.progress = [](const std::string& what) { std::cerr << safe(what) << '\n'; };
  }
  const Result<client::ArchiveReport> report = client::make_archive(**client, archive);
  if (!report.ok()) return context.fail(report.status());
  std::cout << report->documents << " documents with " << report->contents << " contents, "
            << report->circulations << " circulations, " << report->meetings << " meetings and "
            << report->entries << " entries of the ledger are in " << safe(said.out) << '\n';
  if (report->receipts != 0) {
    std::cout << "the ledger has " << report->receipts << " receipts of it\n";
  }
  if (report->marked != 0) {
    std::cout << report->marked
              << " contents are copies with your name: what another party brought is given as it "
                 "was brought once the process is concluded\n";
  }
  for (const std::string& one : report->left_out) std::cout << "left out: " << safe(one) << '\n';
  std::cout << "how it is verified without this program: docs/archive.md\n";
}

}  // namespace

void add_archive_verbs(CLI::App& app, Context& context) {
  auto said = std::make_shared<Archiving>();
  CLI::App* verb =
      add_verb(app, "archive", "everything of a process that you may see, in one signed file",
               "entente archive igc --out igc.tar\n"
               "  entente archive igc --own --out our-part.tar",
               [=, &context] { run_archive(context, *said); });
  verb->add_option("process", said->process, "the process")->required();
  verb->add_option("--out", said->out, "the file to be made")->required();
  verb->add_flag("--own", said->own, "only what your party brought and sent");
}

}  // namespace entente::cli
