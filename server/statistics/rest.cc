#include "server/statistics/rest.h"

#include "server/statistics/rest_words.h"

namespace entente::statistics {

Result<net::HttpResponse> Rest::answer(const policy::Subject& subject,
                                       const net::HttpRequest& request, Stopped stopped) {
  const auto path = split(std::string_view(request.path).substr(kOld.size()), '/');
  if (path[0] == "data") return data(subject, request, std::move(stopped));
  return structures(subject, request);
}

net::HttpResponse Rest::serve(const policy::Subject& subject, const net::HttpRequest& request,
                              Stopped stopped) {
  const bool is_old = request.path.starts_with(kOld);
  if (request.method != "GET" && request.method != "HEAD") {
    net::HttpResponse response = refusal(is_old, 405, 150, "only GET and HEAD are answered here");
    response.headers.emplace_back("allow", "GET, HEAD");
    return response;
  }
  Result<net::HttpResponse> response = answer(subject, request, std::move(stopped));
  if (response.ok()) return *std::move(response);
  const Status status = response.status();
  switch (status.code()) {
    case Code::NotFound:
      return nothing_found(is_old);  // hidden, absent and empty are one
    case Code::InvalidArgument:
      return refusal(is_old, 400, 140,
                     status.violations().empty() ? std::string(status.message())
                                                 : status.violations().front().rule);
    case Code::ResourceExhausted: {
      const bool is_busy = status.reason() == Reason::Overloaded;
      return refusal(is_old, is_busy ? 503 : 413, is_busy ? 503 : 510,
                     std::string(status.message()));
    }
    case Code::Unimplemented:
      return refusal(is_old, 501, 501, std::string(status.message()));
    default:
      return refusal(is_old, 500, 500, std::string(status.message()));
  }
}

void Rest::add_to(identity::Gate& gate) {
  const auto handler = [this, &gate](net::Call& call, const net::HttpRequest& request) {
    const auto subject = gate.authenticator().authenticate_tool(call, identity::Scope::Statistics);
    if (subject.ok()) {
      // The call outlives the response's source. What was opened was opened for who asked, as they
      // were then: when that changes, the transfer breaks off.
      return serve(**subject, request, [&call, &gate, asked = *subject] {
        if (call.cancelled()) return true;
        const auto now = gate.authenticator().authenticate_tool(call, identity::Scope::Statistics);
        return !now.ok() || (*now != asked && (*now)->principals != asked->principals);
      });
    }
    net::HttpResponse response =
        refusal(request.path.starts_with(kOld), 401, 110, "sign in with an application password");
    response.headers.emplace_back("www-authenticate", "Basic realm=\"entente statistics\"");
    return response;
  };
  for (const std::string_view prefix : {kOld, kNew}) {
    gate.table().add_route({.prefix = std::string(prefix), .heavy = true, .handler = handler});
  }
}

}  // namespace entente::statistics
