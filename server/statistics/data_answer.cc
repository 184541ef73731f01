#include "server/statistics/data_answer.h"

#include <algorithm>

#include "server/statistics/series/fold.h"

namespace entente::statistics {
namespace {

constexpr std::size_t kFirstBytes = 64 * 1024;  // most answers are smaller

// As many observations as there could be of it, whatever is chosen: of older versions that are
// folded only what they come to is read.
std::uint64_t at_most_of(const SetPlan& set, IndexCache& cache) {
  std::shared_ptr<const Fold> fold;
  const bool newest = !set.reading.raw && !set.reading.history;
  if (newest && cache.folds() != nullptr) fold = cache.folds()->find(set.layers);
  std::uint64_t most = fold ? fold->part->observations : 0;
  for (std::size_t i = fold ? fold->layers : 0; i < set.layers->all().size(); ++i) {
    const PartHeader& part = *set.layers->all()[i].part;
    most += part.observations - part.gone;
  }
  return most;
}

}  // namespace

DataAnswer::DataAnswer(DataPlan plan, Parts parts)
    : plan_(std::move(plan)), parts_(std::move(parts)), snapshot_(parts_.store.snapshot()) {}

// What everything in the parts comes to is a bound that costs nothing; only if that is too much is
// it counted how much of it fits.
Status DataAnswer::check_size() {
  const std::uint64_t at_most = parts_.at_most.observations_max;
  if (plan_.window.limit <= at_most) return {};
  std::uint64_t most = 0;
  for (const SetToCome& set : plan_.sets) {
    most += set.at_most ? *set.at_most : at_most_of(set.plan(), parts_.cache);
  }
  if (most <= at_most) return {};
  std::uint64_t size = 0;
  for (const SetToCome& set : plan_.sets) {
    ENTENTE_TRY(const std::unique_ptr<Open> counted, read_set(set.plan()));
    ENTENTE_TRY(const std::uint64_t count, count_rows(*counted->rows));
    size += count;
  }
  size = std::min(size - std::min(size, plan_.window.skipped), plan_.window.limit);
  if (size <= at_most) return {};
  return {Code::ResourceExhausted, Reason::LimitReached,
          "the answer would have " + std::to_string(size) + " observations, and at most " +
              std::to_string(at_most) +
              " are sent at once: narrow the query, or ask for it by parts"};
}

Result<std::unique_ptr<DataAnswer::Open>> DataAnswer::read_set(SetPlan set) {
  auto opened = std::make_unique<Open>();
  opened->head = set.head;
  ENTENTE_TRY(opened->merge,
              Merge::open(*snapshot_, parts_.cache, std::move(set.layers), std::move(set.reading)));
  opened->rows = chosen_rows(*opened->merge, std::move(set.test), parts_.stopped);
  if (plan_.keys_only) opened->rows = keys_of(std::move(opened->rows));
  return opened;
}

Result<std::unique_ptr<DataAnswer::Open>> DataAnswer::open(SetPlan set) {
  ENTENTE_TRY(std::unique_ptr<Open> opened, read_set(std::move(set)));
  if (plan_.is_sorted) {
    const std::size_t topic = opened->head.topic;
    const Flow& flow = *plan_.writing.topics[topic].flow;
    const View& view = plan_.writing.view;
    Order order{.terms = plan_.order[topic],
                .at = view.at,
                .dimension = view.at == View::At::Dimension ? flow.find_dimension(view.dimension)
                                                            : std::optional<std::size_t>(),
                .observations_max = parts_.at_most.sorted_max};
    opened->rows = ordered_rows(std::move(opened->rows), parts_.sorting, std::move(order));
  }
  const bool windowed = plan_.window.skipped != 0 || plan_.window.limit != UINT64_MAX;
  if (windowed) opened->rows = windowed_rows(std::move(opened->rows), plan_.window);
  return opened;
}

Status DataAnswer::advance() {
  set_.reset();
  while (next_set_ < plan_.sets.size()) {
    ENTENTE_TRY(set_, open(plan_.sets[next_set_++].plan()));
    ENTENTE_TRY_VOID(set_->rows->next(some_));
    if (some_.series() != 0) return {};
    set_.reset();
  }
  return {};
}

Result<bool> DataAnswer::start() {
  ENTENTE_TRY_VOID(check_size());
  ENTENTE_TRY_VOID(advance());
  if (!set_) return false;
  writer_ = make_writer(plan_.writing);
  ready_.reserve(kFirstBytes);
  writer_->begin(ready_);
  begin_set();
  return true;
}

void DataAnswer::begin_set() {
  writer_->begin_set(
      set_->head,
      {.dimensions = &set_->merge->dimensions(), .attributes = &set_->merge->attributes()}, ready_);
}

Result<bool> DataAnswer::make(std::size_t bytes) {
  while (set_ && ready_.size() - sent_ < bytes) {
    if (some_.series() != 0) {
      writer_->write(some_, ready_);
      ENTENTE_TRY_VOID(writer_->state());
      ENTENTE_TRY_VOID(set_->rows->next(some_));
      continue;
    }
    writer_->end_set(ready_);
    ENTENTE_TRY_VOID(advance());
    if (set_) {
      begin_set();
    } else {
      writer_->end(ready_);
    }
  }
  return !set_;
}

Result<std::string> DataAnswer::read(std::size_t bytes_max) {
  ENTENTE_TRY_VOID(make(bytes_max).status());
  std::string out = ready_.substr(sent_, bytes_max);
  sent_ += out.size();
  // What is sent goes, though more is always made than was asked for: each octet is moved once.
  if (sent_ >= ready_.size() - sent_) {
    ready_.erase(0, sent_);
    sent_ = 0;
  }
  return out;
}

}  // namespace entente::statistics
