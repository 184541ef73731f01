// A statistical world asked over SDMX's web service: what Sweden gave, one figure of it
// confidential.
#pragma once

#include "server/statistics/rest.h"
#include "tests/statistics/world.h"

namespace entente::statistics::testing {

struct Answered {
  int status = 0;
  std::string type;
  std::string body;
  std::map<std::string, std::string> headers;
  friend bool operator==(const Answered&, const Answered&) = default;
};

struct RestWorld : StatisticsWorld {
  explicit RestWorld(const AnswerLimits& at_most = {})
      : rest(service, structures_in_force, *store, clock, at_most) {
    const std::string file =
        "DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,NOTE\n"
        "IGC:ASYLUM(1.0),A,SWE,SYR,2015,50909,A,F,\n"
        "IGC:ASYLUM(1.0),A,SWE,AFG,2015,41281.5,A,F,\"=1+1 <&> \"\"x\"\"\"\n"
        "IGC:ASYLUM(1.0),A,SWE,AFG,2016,,E,F,\n"
        "IGC:ASYLUM(1.0),A,SWE,ERI,2015,7,A,C,\n";
    REQUIRE(upload(member("SWE"), begin_request("u1"), file).ok());
  }

  using Headers = std::vector<std::pair<std::string, std::string>>;
  net::HttpResponse serve(const policy::Subject& subject, const std::string& path,
                          const std::string& query, const Headers& headers, Stopped stopped = {}) {
    net::HttpRequest request;
    request.method = "GET";
    request.path = path;
    request.query = query;
    request.headers = headers;
    return rest.serve(subject, request, std::move(stopped));
  }
  Answered get_with(const policy::Subject& subject, const std::string& path,
                    const std::string& query, const Headers& headers) {
    net::HttpResponse response = serve(subject, path, query, headers);
    Answered out{.status = response.status, .type = {}, .body = response.body, .headers = {}};
    for (const auto& [name, value] : response.headers) out.headers[name] = value;
    out.type = out.headers["content-type"];
    for (;;) {
      if (!response.source) return out;
      const auto more = response.source->read(100);
      REQUIRE(more.ok());
      if (more->empty()) return out;
      out.body += *more;
    }
  }
  Answered get(const policy::Subject& subject, const std::string& path,
               const std::string& query = "", const std::string& accept = "") {
    Headers headers;
    if (!accept.empty()) headers.emplace_back("accept", accept);
    return get_with(subject, path, query, headers);
  }

  Rest rest;
};

}  // namespace entente::statistics::testing
