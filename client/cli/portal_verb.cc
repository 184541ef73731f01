// `entente portal`: the portal's pages from this machine's package, its calls on this profile.
#include <pthread.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <thread>

#include "client/cli/verbs.h"
#include "client/lib/local_portal.h"
#include "entente/v1/session.pb.h"

namespace entente::cli {
namespace {

constexpr std::uint16_t kPort = 8'444;

// Where the package has the pages; beside the program where it was built.
std::string pages_folder() {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path packaged = program.parent_path().parent_path() / "share/entente/local-portal";
  const fs::path built = program.parent_path().parent_path() / "portal/site";
  return fs::exists(built / "index.html", error) ? built.string() : packaged.string();
}

// Not yet signed in, or no more: with the profile's password, before anything is printed.
Status open_session(client::Client& client, const Profiles& profiles) {
  const auto whoami = [&] {
    return client.call<v1::Session>("entente.v1.SessionService.GetSession", v1::GetSessionRequest())
        .status();
  };
  Status open = whoami();
  if (open.reason() != Reason::SignedOut) return open;
  ENTENTE_TRY(const Secret password, profiles.password("password: "));
  return client.sign_in(password);
}

// Until Ctrl-C or SIGTERM, which every other thread leaves to the one that waits for them.
void serve(client::LocalPortal& portal) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::thread waits([&] {
    int which = 0;
    sigwait(&ends, &which);
    portal.stop();
  });
  portal.run();
  waits.join();
}

void run_portal(Context& context, const std::string& folder, std::uint16_t port) {
  const Result<client::Client*> client = context.client();
  if (!client.ok()) return context.fail(client.status());
  if (Status open = open_session(**client, context.profiles()); !open.ok())
    return context.fail(open);
  auto pages = pages::PageFiles::load(folder.empty() ? pages_folder() : folder);
  if (!pages.ok()) return context.fail(pages.status());
  const Result<client::Options> options = context.profiles().options();
  if (!options.ok()) return context.fail(options.status());
  const auto portal = client::LocalPortal::open(
      {.client = **client,
       .pages = *std::move(pages),
       .entropy = context.entropy(),
       .server = "https://" + options->host + ":" + std::to_string(options->port),
       .state_dir = options->state_dir},
      port);
  if (!portal.ok()) return context.fail(portal.status());
  std::cout << "The portal, from this machine's own pages. Open this in a browser here; it is good "
               "once:\n  "
            << (*portal)->link() << "\nCtrl-C ends it." << std::endl;
  serve(**portal);
}

}  // namespace

void add_portal_verb(CLI::App& app, Context& context) {
  struct Line {
    std::string pages;
    std::uint16_t port = kPort;
  };
  const auto line = std::make_shared<Line>();
  CLI::App* verb = add_verb(
      app, "portal",
      "the portal from this machine: pages of the local package, calls on your profile",
      "entente portal", [line, &context] { run_portal(context, line->pages, line->port); });
  verb->add_option("--port", line->port, "of 127.0.0.1, where nobody else reaches it; 0: any")
      ->capture_default_str();
  verb->add_option("--pages", line->pages, "the folder of the pages, if not the package's");
}

}  // namespace entente::cli
