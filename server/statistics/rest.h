// SDMX's own web service, for the tools of the trade: data and structures under `/sdmx/2.1/`
// (SDMX-REST 1.5) and `/sdmx/3.0/` (2.2.2). Whoever may not see a dataflow gets what it would get
// if there were none.
//
// Threads: any. Ownership: main's.
#pragma once

#include "proto/contract/limits.h"
#include "server/identity/gate.h"
#include "server/statistics/data_answer.h"
#include "server/statistics/fingerprint.h"
#include "server/statistics/service.h"

namespace entente::statistics {

class Rest {
 public:
  Rest(Service& service, const Structures& structures, store::Store& store, const Clock& clock,
       const AnswerLimits& at_most = {})
      : service_(service),
        structures_(structures),
        store_(store),
        clock_(clock),
        fingerprint_(store.blind("statistics.answer", "hashing").view(),
                     store.blind("statistics.answer", "naming").view()),
        at_most_(at_most) {}

  void add_to(identity::Gate& gate);

  // One request of a subject, already known. `path` is decoded. `stopped` says whether whoever asks
  // has gone; it is asked until the response's source is destroyed.
  [[nodiscard]] net::HttpResponse serve(const policy::Subject& subject,
                                        const net::HttpRequest& request, Stopped stopped = {});

 private:
  class Delivery;
  [[nodiscard]] Result<net::HttpResponse> answer(const policy::Subject& subject,
                                                 const net::HttpRequest& request, Stopped stopped);
  [[nodiscard]] Result<net::HttpResponse> data(const policy::Subject& subject,
                                               const net::HttpRequest& request, Stopped stopped);
  // Dataflows, data structures, codelists, concept schemes.
  [[nodiscard]] Result<net::HttpResponse> structures(const policy::Subject& subject,
                                                     const net::HttpRequest& request);
  Service& service_;
  const Structures& structures_;
  store::Store& store_;
  const Clock& clock_;
  const Fingerprint fingerprint_;
  const AnswerLimits at_most_;
  SortingRoom sorting_{limits::answers_sorted_max};
};

}  // namespace entente::statistics
