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
  reads("GetProfile", &ComparisonService::get_profile);
  gate.reads<v1::GetStandingRequest, v1::Standing>(
      "entente.v1.ReciprocityService.GetStanding",
      [this](const Subject& subject, const v1::GetStandingRequest& message, Snapshot& snapshot) {
        return get_standing(subject, message, snapshot);
      });
  gate.streams<v1::AggregateRequest>(
      service + "Aggregate", [this](const std::shared_ptr<identity::Receiver>& receiver,
                                    const v1::AggregateRequest& message, const net::Waker&) {
        return aggregate_stream([receiver] { return receiver->subject(); }, message);
      });
}

}  // namespace entente::statistics
