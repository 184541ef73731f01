#include "server/statistics/data_answer.h"

#include "proto/contract/limits.h"

namespace entente::statistics {

DataAnswer::DataAnswer(DataPlan plan, Parts parts)
    : plan_(std::move(plan)), parts_(std::move(parts)), snapshot_(parts_.store.snapshot()) {}

Result<std::unique_ptr<Merge>> DataAnswer::merge_of(const SetPlan& set) {
  return Merge::open(*snapshot_, parts_.cache, set.layers, set.reading);
}

// What everything in the parts comes to is a bound that costs nothing; only if that is too much is
// it asked of the index how much of it fits.
Status DataAnswer::check_size() {
  if (plan_.window.limit <= limits::answer_size_max) return {};
  std::uint64_t most = 0;
  for (const SetPlan& set : plan_.sets) {
    for (const Layer& layer : set.layers) most += layer.part->observations - layer.part->gone;
  }
  if (most <= limits::answer_size_max) return {};
  std::uint64_t size = 0;
  for (const SetPlan& set : plan_.sets) {
    ENTENTE_TRY(const std::unique_ptr<Merge> merge, merge_of(set));
    std::uint64_t observations = 0;
    std::uint64_t series = 1;
    for (const Layer& layer : merge->layers()) {
      observations += layer.part->observations - layer.part->gone;
      series += layer.part->series;
    }
    size += observations / series * merge->series();
  }
  if (size <= limits::answer_size_max) return {};
  return {Code::ResourceExhausted, Reason::LimitReached,
          "the answer would have about " + std::to_string(size) + " observations, and at most " +
              std::to_string(limits::answer_size_max) +
              " are sent at once: narrow the query, or ask for it by parts"};
}

Result<std::unique_ptr<DataAnswer::Open>> DataAnswer::open(SetPlan set) {
  auto opened = std::make_unique<Open>();
  opened->head = set.head;
  ENTENTE_TRY(opened->merge, merge_of(set));
  opened->rows = chosen_rows(*opened->merge, std::move(set.test), parts_.stopped);
  if (plan_.keys_only) opened->rows = keys_of(std::move(opened->rows));
  if (plan_.is_sorted) {
    const Flow& flow = *plan_.writing.topics[set.head.topic].flow;
    const View& view = plan_.writing.view;
    const auto dimension = view.at == View::At::Dimension ? flow.find_dimension(view.dimension)
                                                          : std::optional<std::size_t>();
    opened->rows = ordered_rows(std::move(opened->rows), parts_.sorting,
                                plan_.order[set.head.topic], view.at, dimension);
  }
  const bool windowed = plan_.window.skipped != 0 || plan_.window.limit != UINT64_MAX;
  if (windowed) opened->rows = windowed_rows(std::move(opened->rows), plan_.window);
  return opened;
}

Status DataAnswer::advance() {
  set_.reset();
  while (next_set_ < plan_.sets.size()) {
    ENTENTE_TRY(set_, open(std::move(plan_.sets[next_set_++])));
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
  if (sent_ == ready_.size()) {
    ready_.clear();
    sent_ = 0;
  }
  return out;
}

}  // namespace entente::statistics
