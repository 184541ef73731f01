// What is new for one reader: each upload once, in the order in which it came to the reader's eyes.
#include <algorithm>
#include <charconv>

#include "proto/contract/bytes.h"
#include "server/statistics/history.h"

namespace entente::statistics {
namespace {

// How far a stream is. Delivered is what came with a number up to `number`; of those that appeared
// later than they came, because of an embargo, what had appeared by `when`.
//
// In a cursor uploads are named by their ids, never by their numbers: gaps would tell of what is
// hidden.
struct Position {
  std::uint64_t number = 0;
  Instant when = Instant::min();
  std::uint64_t last = 0;  // at `when`: up to this number

  [[nodiscard]] bool has_delivered(const SeenUpload& one) const {
    const std::uint64_t of = one.kept->row.number();
    if (of > number) return false;
    const bool is_late = one.appeared > recorded_at(one.kept->row);
    return !is_late || std::pair(one.appeared, of) <= std::pair(when, last);
  }
};

constexpr std::string_view kNone = "-";

std::string id_text(const KeptList& uploads, std::uint64_t number) {
  const Kept* kept = uploads.find(number);
  return kept == nullptr ? std::string(kNone) : to_hex(kept->row.id());
}

std::string cursor_of(const KeptList& uploads, const Position& position) {
  return id_text(uploads, position.number) + "." +
         std::to_string(position.when.time_since_epoch().count()) + "." +
         id_text(uploads, position.last);
}

Status bad_cursor() {
  return {Code::InvalidArgument, Reason::PageTokenInvalid,
          "`cursor` is not one that this stream gave you"};
}

Result<std::uint64_t> number_of(const KeptList& uploads, std::string_view text) {
  if (text == kNone) return std::uint64_t{0};
  for (const auto& kept : uploads.all) {
    if (to_hex(kept->row.id()) == text) return kept->row.number();
  }
  return bad_cursor();
}

Result<Position> position_of(const KeptList& uploads, std::string_view cursor) {
  const std::size_t first = cursor.find('.');
  const std::size_t second = cursor.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return bad_cursor();
  Position position;
  ENTENTE_TRY(position.number, number_of(uploads, cursor.substr(0, first)));
  ENTENTE_TRY(position.last, number_of(uploads, cursor.substr(second + 1)));
  const std::string_view when = cursor.substr(first + 1, second - first - 1);
  std::int64_t us = 0;
  const auto [end, error] = std::from_chars(when.data(), when.data() + when.size(), us);
  if (error != std::errc{} || end != when.data() + when.size()) return bad_cursor();
  position.when = Instant(std::chrono::microseconds(us));
  return position;
}

class NewsSource final : public net::Source {
 public:
  NewsSource(Service& service, const Shelf& shelf, Alarms& alarms, const Clock& clock,
             store::Store& store, Service::Who who, std::string dataflow, Position position,
             bool tells_where, net::Waker waker)
      : service_(service),
        shelf_(shelf),
        clock_(clock),
        store_(store),
        who_(std::move(who)),
        dataflow_(std::move(dataflow)),
        position_(position),
        tells_where_(tells_where),
        bell_(alarms, std::move(waker)) {}

  Result<Next> next(net::Message& out) override {
    ENTENTE_TRY(const identity::SubjectPointer subject, who_());
    ENTENTE_TRY(const auto flow, service_.open_flow(*subject, dataflow_));
    // What comes after this list was taken rings the bell that is set below.
    const auto uploads = shelf_.of(dataflow_);
    const Instant now = clock_.now();
    auto& news = static_cast<v1::UploadNews&>(out);
    news.Clear();
    if (tells_where_) {
      tells_where_ = false;
      news.set_cursor(cursor_of(*uploads, position_));
      return Next::Message;
    }
    const auto snapshot = store_.snapshot();
    ENTENTE_TRY(const std::vector<SeenUpload> seen,
                service_.seen_uploads(*subject, *flow, *snapshot));
    const SeenUpload* first = choose(seen);
    if (first == nullptr) {
      bell_.set(next_hour(*uploads, now));
      return Next::Wait;
    }
    move_to(*first, now);
    *news.mutable_upload() = to_wire(*first);
    news.set_cursor(cursor_of(*uploads, position_));
    return Next::Message;
  }

 private:
  // First those whose embargo ended, by the hour; then the new, in their order.
  [[nodiscard]] const SeenUpload* choose(const std::vector<SeenUpload>& seen) const {
    const SeenUpload* best = nullptr;
    const auto rank = [&](const SeenUpload& one) {
      const std::uint64_t number = one.kept->row.number();
      const bool is_new = number > position_.number;
      return std::tuple(is_new, is_new ? Instant::min() : one.appeared, number);
    };
    for (const SeenUpload& one : seen) {
      if (position_.has_delivered(one)) continue;
      if (best == nullptr || rank(one) < rank(*best)) best = &one;
    }
    return best;
  }

  void move_to(const SeenUpload& one, Instant now) {
    const std::uint64_t number = one.kept->row.number();
    if (number <= position_.number) {
      position_.when = one.appeared;
      position_.last = number;
      return;
    }
    // No embargo's end is left over, so all that has ended until now is delivered.
    position_.number = number;
    if (now < position_.when) return;
    position_.when = now;
    position_.last = number;
  }

  // When the next embargo ends.
  [[nodiscard]] static Instant next_hour(const KeptList& uploads, Instant now) {
    const auto& all = uploads.embargoes_us;
    const auto next = std::upper_bound(all.begin(), all.end(), now.time_since_epoch().count());
    return next == all.end() ? Instant::max() : Instant(std::chrono::microseconds(*next));
  }

  Service& service_;
  const Shelf& shelf_;
  const Clock& clock_;
  store::Store& store_;
  Service::Who who_;
  const std::string dataflow_;
  Position position_;
  bool tells_where_;
  Alarms::Bell bell_;
};

}  // namespace

Alarms::Bell::Bell(Alarms& alarms, net::Waker waker) : alarms_(alarms) {
  const std::lock_guard lock(alarms_.mutex_);
  place_ = alarms_.bells_.insert(alarms_.bells_.end(), {Instant::max(), std::move(waker)});
}

Alarms::Bell::~Bell() {
  const std::lock_guard lock(alarms_.mutex_);
  alarms_.bells_.erase(place_);
}

void Alarms::Bell::set(Instant at) {
  const std::lock_guard lock(alarms_.mutex_);
  place_->first = at;
}

void Alarms::follow(std::uint64_t, const ledger::Act& act) {
  if (!act.kind.starts_with("statistics.")) return;
  const std::lock_guard lock(mutex_);
  for (const auto& [at, waker] : bells_) waker();
}

void Alarms::ring(Instant now) {
  const std::lock_guard lock(mutex_);
  for (auto& [at, waker] : bells_) {
    if (now < at) continue;
    at = Instant::max();
    waker();
  }
}

Result<std::unique_ptr<net::Source>> HistoryService::watch(const Service::Who& who,
                                                           const v1::WatchUploadsRequest& request,
                                                           net::Waker waker) {
  ENTENTE_TRY(const identity::SubjectPointer subject, who());
  ENTENTE_TRY(const auto flow, parts_.service.open_flow(*subject, request.dataflow()));
  const auto uploads = parts_.shelf.of(request.dataflow());
  Position position;
  const bool from_now = request.cursor().empty() && request.only_new();
  if (!request.cursor().empty()) {
    ENTENTE_TRY(position, position_of(*uploads, request.cursor()));
  } else if (from_now) {
    // All that the reader sees now counts as delivered; its place is named by the last of it.
    const auto snapshot = parts_.store.snapshot();
    ENTENTE_TRY(const std::vector<SeenUpload> seen,
                parts_.service.seen_uploads(*subject, *flow, *snapshot));
    if (!seen.empty()) position.number = seen.back().kept->row.number();
    position.when = parts_.clock.now();
    position.last = position.number;
  }
  return std::unique_ptr<net::Source>(std::make_unique<NewsSource>(
      parts_.service, parts_.shelf, parts_.alarms, parts_.clock, parts_.store, who,
      request.dataflow(), position, from_now, std::move(waker)));
}

}  // namespace entente::statistics
