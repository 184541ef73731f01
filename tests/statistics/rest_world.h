// The statistical world with figures in it, asked over SDMX's web service.
#pragma once

#include "server/statistics/rest.h"
#include "tests/statistics/world.h"

namespace entente::statistics::testing {

struct Answered {
  int status = 0;
  std::string type;
  std::string body;
  friend bool operator==(const Answered&, const Answered&) = default;
};

struct RestWorld : StatisticsWorld {
  RestWorld() : rest(service, structures_in_force, *store, clock) {
    const std::string file =
        "DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,NOTE\n"
        "IGC:ASYLUM(1.0),A,SWE,SYR,2015,50909,A,F,\n"
        "IGC:ASYLUM(1.0),A,SWE,AFG,2015,41281.5,A,F,\"=1+1 <&> \"\"x\"\"\"\n"
        "IGC:ASYLUM(1.0),A,SWE,AFG,2016,,E,F,\n"
        "IGC:ASYLUM(1.0),A,SWE,ERI,2015,7,A,C,\n";
    REQUIRE(upload(member("SWE"), begin_request("u1"), file).ok());
  }
  Answered get(const policy::Subject& subject, const std::string& path,
               const std::string& query = "", const std::string& accept = "") {
    net::HttpRequest request;
    request.method = "GET";
    request.path = path;
    request.query = query;
    if (!accept.empty()) request.headers.emplace_back("accept", accept);
    net::HttpResponse response = rest.serve(subject, request);
    Answered out{.status = response.status, .type = {}, .body = response.body};
    for (const auto& [name, value] : response.headers) {
      if (name == "content-type") out.type = value;
    }
    for (;;) {
      if (!response.source) return out;
      const auto more = response.source->read(100);
      REQUIRE(more.ok());
      if (more->empty()) return out;
      out.body += *more;
    }
  }
  Rest rest;
};

}  // namespace entente::statistics::testing
