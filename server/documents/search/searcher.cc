// The searcher's work: what comes, changes and goes, and the texts of it.
#include "server/documents/search/searcher.h"

#include <sys/resource.h>

#include <algorithm>

namespace entente::documents::search {
namespace {

constexpr std::chrono::seconds kTryAgainAfter{5};
constexpr int kIndexingNice = 5;

}  // namespace

Searcher::Searcher(Parts parts)
    : parts_(parts),
      texts_(parts.rows.store(), parts.extractor),
      documents_(parts.shelf, texts_),
      sources_({&documents_}) {}

Searcher::~Searcher() = default;

void Searcher::begin() {
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

const Source* Searcher::source_of(std::string_view name) const {
  for (const Source* source : sources_) {
    if (name.starts_with(source->collection())) return source;
  }
  return nullptr;
}

void Searcher::put_off(const std::string& name) {
  const std::lock_guard lock(mutex_);
  turns_[name] = ++turn_;
  waiting_.push_back(name);
  index_.remove(name);
  untidy_ = true;
  changed_.notify_all();
}

void Searcher::follow(std::uint64_t, const ledger::Act& act) {
  const auto read_anew = [&](const std::string& name) {
    const Source* source = source_of(name);
    if (source == nullptr) return;
    for (const std::string& one : source->touched_by(act.kind, name)) put_off(one);
  };
  read_anew(act.object);
  for (const std::string& name : act.touched) read_anew(name);
}

void Searcher::settle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    return waiting_.empty() && unread_.empty() && !busy_ && !building_ && !untidy_;
  });
}

void Searcher::work(const std::stop_token& stop) {
  // Of this thread alone, on Linux, and of the helpers that it starts: somebody waits for the
  // others.
  (void)setpriority(PRIO_PROCESS, 0, kIndexingNice);
  std::vector<std::string> names;
  for (const Source* source : sources_) {
    Result<std::vector<std::string>> some = source->names();
    if (some.ok()) names.insert(names.end(), some->begin(), some->end());
  }
  std::unique_lock lock(mutex_);
  waiting_.insert(waiting_.end(), names.begin(), names.end());
  while (!stop.stop_requested()) {
    if (!waiting_.empty()) {
      const std::string name = std::move(waiting_.front());
      waiting_.pop_front();
      index(name, lock);
      continue;
    }
    building_ = false;
    changed_.notify_all();
    if (untidy_) {
      untidy_ = false;
      busy_ = true;
      lock.unlock();
      index_.tidy();
      indexing_.forget();
      lock.lock();
      busy_ = false;
    } else if (!unread_.empty()) {
      const std::string name = std::move(unread_.front());
      unread_.pop_front();
      read_text(name, stop, lock);
    } else {
      changed_.wait(lock, stop, [this] { return !waiting_.empty() || untidy_; });
    }
  }
}

void Searcher::index(const std::string& name, std::unique_lock<std::mutex>& lock) {
  const std::uint64_t turn = turns_[name];
  busy_ = true;
  lock.unlock();
  const std::optional<Indexable> object = take(name);
  if (indexing_.is_full()) indexing_.forget();  // before: what is taken is told in its words
  const Taken taken = object ? take_apart(*object, indexing_) : Taken();
  const bool unread = object && lacks_text(name);
  lock.lock();
  busy_ = false;
  // What changed while it was read waits again; under the lock nothing changes.
  if (turns_[name] != turn) return;
  if (object) index_.put(*object, taken);
  if (unread) unread_.push_back(name);
  turns_.erase(name);
}

void Searcher::read_text(const std::string& name, const std::stop_token& stop,
                         std::unique_lock<std::mutex>& lock) {
  busy_ = true;
  lock.unlock();
  const bool done = read_texts(name, stop);
  lock.lock();
  busy_ = false;
  if (done) {
    waiting_.push_back(name);
  } else if (!stop.stop_requested()) {
    unread_.push_back(name);
    changed_.wait_for(lock, stop, kTryAgainAfter, [this] { return !waiting_.empty(); });
  }
}

std::optional<Indexable> Searcher::take(const std::string& name) const {
  const Source* source = source_of(name);
  const auto snapshot = parts_.rows.store().snapshot();
  Result<std::optional<Entry>> entry = source->find(*snapshot, name);
  if (!entry.ok() || !*entry) return std::nullopt;
  Result<std::vector<Said>> texts = source->texts(*snapshot, name);
  Indexable object{.name = name,
                   .guard = (*entry)->guard,
                   .words = std::move((*entry)->words),
                   .texts = {},
                   .labels = std::move((*entry)->labels),
                   .came_at_us = to_micros(instant_of((*entry)->shown.came_at()))};
  if (texts.ok()) object.texts = *std::move(texts);
  return object;
}

bool Searcher::lacks_text(const std::string& name) const {
  if (source_of(name) != &documents_) return false;
  const auto snapshot = parts_.rows.store().snapshot();
  const auto row = documents_.row(*snapshot, name);
  if (!row.ok() || !*row) return false;
  return std::any_of((*row)->contents().begin(), (*row)->contents().end(), [&](const auto& kept) {
    const auto text = texts_.find(*snapshot, store::Id::from(kept.id()));
    return text.ok() && !*text;
  });
}

bool Searcher::read_texts(const std::string& name, const std::stop_token& stop) const {
  const auto snapshot = parts_.rows.store().snapshot();
  const auto row = documents_.row(*snapshot, name);
  if (!row.ok() || !*row) return true;  // it went meanwhile
  for (const documents::record::Kept& kept : (*row)->contents()) {
    const auto text = texts_.find(*snapshot, store::Id::from(kept.id()));
    if (!text.ok() || *text) continue;
    const Status read = texts_.read(kept, store::Id::from((*row)->id()), stop).status();
    // What cannot be read at all (a chunk that does not authenticate) is no reason to try for ever.
    if (read.code() == Code::Unavailable || read.code() == Code::ResourceExhausted ||
        read.code() == Code::Cancelled) {
      return false;
    }
  }
  return true;
}

void Searcher::add_to(identity::Gate& gate) {
  gate.reads("entente.v1.SearchService.Search", this, &Searcher::search);
  gate.reads("entente.v1.SearchService.GetTextState", this, &Searcher::get_text_state);
}

}  // namespace entente::documents::search
