#include "server/statistics/comparison.h"

namespace entente::statistics {

void ComparisonService::add_to(identity::Gate& gate) {
  const std::string service = "entente.v1.ComparisonService.";
  gate.reads(service + "GetCalendar", this, &ComparisonService::get_calendar);
  gate.reads(service + "GetProfile", this, &ComparisonService::get_profile);
  gate.reads("entente.v1.ReciprocityService.GetStanding", this, &ComparisonService::get_standing);
  gate.streams<v1::AggregateRequest>(
      service + "Aggregate", [this](const std::shared_ptr<identity::Receiver>& receiver,
                                    const v1::AggregateRequest& message, const net::Waker&) {
        return aggregate_stream([receiver] { return receiver->subject(); }, message);
      });
}

}  // namespace entente::statistics
