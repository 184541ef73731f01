#include "server/statistics/comparison.h"

namespace entente::statistics {

void ComparisonService::add_to(identity::Gate& gate) {
  const std::string service = "entente.v1.ComparisonService.";
  const auto reads = [&]<typename Req, typename Rep>(const char* rpc,
                                                     Result<Rep> (ComparisonService::*serve)(
                                                         const Subject&, const Req&, Snapshot&)) {
    gate.reads<Req, Rep>(service + rpc, [this, serve](const Subject& subject, const Req& message,
                                                      Snapshot& snapshot) {
      return (this->*serve)(subject, message, snapshot);
    });
  };
  reads("GetCalendar", &ComparisonService::get_calendar);
}

}  // namespace entente::statistics
