// News: what is new for a caller, each thing once and in order, as they may see it at that moment.
#include "server/documents/circulation_service.h"

namespace entente::documents {
namespace {

using policy::Action;

constexpr std::size_t kEventsAtOnce = 64;

// What an event is told of.
std::string object_of(const record::Event& event) {
  if (event.document().empty()) return circulation_name(store::Id::from(event.circulation()));
  const store::Id document = store::Id::from(event.document());
  return event.consent() == 0 ? document_name(document) : consent_name(document, event.consent());
}

// The stream of Watch.
class WatchSource final : public net::Source {
 public:
  WatchSource(const CirculationService& service, Shelf& shelf, CirculationService::Who who,
              std::uint64_t cursor, net::Waker waker)
      : service_(service),
        shelf_(shelf),
        who_(std::move(who)),
        cursor_(cursor),
        listening_(shelf.listen(std::move(waker))) {}

  Result<Next> next(net::Message& out) override {
    ENTENTE_TRY(const identity::SubjectPointer subject, who_());
    for (;;) {
      const std::vector<record::Event> events = shelf_.events_after(cursor_, kEventsAtOnce);
      if (events.empty()) return Next::Wait;
      for (const record::Event& event : events) {
        cursor_ = event.number();
        if (!service_.may_hear(*subject, event)) continue;
        auto& news = static_cast<v1::News&>(out);
        news.set_cursor(event.number());
        news.set_kind(static_cast<v1::News::Kind>(event.kind()));
        news.set_object(object_of(event));
        set_time(*news.mutable_recorded_at(), from_micros(event.recorded_at_us()));
        return Next::Message;
      }
    }
  }

 private:
  const CirculationService& service_;
  Shelf& shelf_;
  CirculationService::Who who_;
  std::uint64_t cursor_;
  std::shared_ptr<void> listening_;
};

}  // namespace

bool CirculationService::may_hear(const Subject& subject, const record::Event& event) const {
  if (event.account() == subject.account) return false;
  if (!event.party().empty() && event.party() != subject.party) return false;
  policy::Guard guard;
  if (!event.document().empty()) {
    const auto found = parts_.shelf.document(store::Id::from(event.document()));
    if (found) guard = found->guard;
  } else {
    const auto found = parts_.shelf.circulation(store::Id::from(event.circulation()));
    if (found) guard = found->guard;
  }
  const auto reads = [&](Instant when) {
    return policy::decide(subject, Action::Read, guard, when).permits();
  };
  if (!reads(parts_.clock.now())) return false;
  // What happened under an embargo is told who saw it then, its end (hours.h) all others.
  const Instant then = from_micros(event.recorded_at_us());
  if (event.embargo_until_us() != 0) {
    if (reads(from_micros(event.embargo_until_us() - 1))) return false;
  } else if (guard.embargo_until && then < *guard.embargo_until && !reads(then)) {
    return false;
  }
  return event.audience() == 0 || guard.originator == subject.party ||
         subject.sight.sees(static_cast<policy::AudienceId>(event.audience()));
}

Result<std::unique_ptr<net::Source>> CirculationService::watch(Who who,
                                                               const v1::WatchRequest& message,
                                                               net::Waker waker) {
  ENTENTE_TRY_VOID(who().status());
  if (message.cursor() > parts_.shelf.newest_event()) {
    return Status(Code::OutOfRange, Reason::FieldInvalid, "`cursor` is beyond what there is");
  }
  return std::unique_ptr<net::Source>(std::make_unique<WatchSource>(
      *this, parts_.shelf, std::move(who), message.cursor(), std::move(waker)));
}

}  // namespace entente::documents
