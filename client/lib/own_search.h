// The confidential documents of a reader, searched by the reader's own client: which no server can.
// The server is asked for the list of what its caller may see, and for what the client has not
// opened yet, in the list's order: of the query it learns neither word nor hit. docs/search.md.
// One thread.
#pragma once

#include <string>
#include <vector>

#include "client/lib/client.h"
#include "client/lib/own_shelf.h"
#include "entente/v1/search.pb.h"

namespace entente::client {

struct OwnAnswer {
  // The best first, each `by_own_client`; total, and how many were searched and are unopened.
  v1::SearchReply reply;
  // Of those that did not open though they were to be opened: by name, and why.
  std::vector<std::pair<std::string, Status>> unopened;
};

// Searches what is on the shelf and still to be seen; with `opens` also what is not there yet, each
// opened with a key of the shelf, which leaves a receipt, and kept. Filters as SearchService's.
// InvalidArgument: the query is none. Otherwise every Code of ListDocuments.
[[nodiscard]] Result<OwnAnswer> search_own(Client& client, const OwnShelf& shelf,
                                           const v1::SearchRequest& asked, bool opens);

// Both answers as one: the better first, counted together. What the server suggests is left out
// where something was found.
[[nodiscard]] v1::SearchReply merged(v1::SearchReply server, const OwnAnswer& own);

// What a search makes of texts alone: which fit, and how well. Of `texts` the weights in their
// order; 0: it does not fit. Every text fits a query without words, by 1.
[[nodiscard]] Result<std::vector<double>> weigh(const std::string& query,
                                                const std::vector<OwnText>& texts);

}  // namespace entente::client
