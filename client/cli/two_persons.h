// What two must say: the second one's word on what the first has proposed.
#pragma once

#include <algorithm>
#include <string>

#include "client/cli/context.h"
#include "client/cli/directory_words.h"
#include "proto/contract/status.h"

namespace entente::cli {

// Signs, with the key of the profile in use, the one of `all` that `is` means, and has `rpc` take
// the word. Fails with `none` where there is no such one, and with what client::approve or the
// server answers.
template <typename Reply, typename Proposals, typename Is, typename Show>
void approve_waiting(Context& context, const std::string& rpc, const Proposals& all, Is is,
                     const std::string& none, Show show) {
  const auto found = std::find_if(all.begin(), all.end(), is);
  if (found == all.end()) return context.fail(Status(Code::NotFound, Reason::None, none));
  const auto files = signing_files(context);
  if (!files.ok()) return context.fail(files.status());
  const auto request = approve(*files, *found);  // client's, of this kind of proposal
  if (!request.ok()) return context.fail(request.status());
  context.call<Reply>(rpc, *request, show);
}

}  // namespace entente::cli
