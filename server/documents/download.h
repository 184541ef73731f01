// Plain HTTP for documents: `GET /documents/<id>/content`, with ranges and resume, for browsers and
// curl. Always an attachment. What leaves a receipt leaves one: the first answer's ETag names the
// copy, and with it (`If-Range`, or `?reading=<n>`) a transfer that broke goes on without another.
//
// Threads: any. Ownership: main's.
#pragma once

#include "server/documents/service.h"

namespace entente::documents {

class Download {
 public:
  Download(Service& service, const Shelf& shelf, store::Store& store)
      : service_(service), shelf_(shelf), store_(store) {}

  void add_to(identity::Gate& gate);

 private:
  [[nodiscard]] Result<net::HttpResponse> serve(identity::Authenticator& authenticator,
                                                net::Call& call, const net::HttpRequest& request);
  [[nodiscard]] Result<std::string> open(identity::Authenticator& authenticator, net::Call& call,
                                         const v1::OpenDocumentRequest& message);
  Service& service_;
  const Shelf& shelf_;
  store::Store& store_;
};

}  // namespace entente::documents
