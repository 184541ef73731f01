#include "server/identity/attended.h"

namespace entente::identity {
namespace {

Status nobody_waits() { return {Code::Cancelled, Reason::None, "whoever asked has gone"}; }

class AttendedCursor final : public store::Cursor {
 public:
  AttendedCursor(std::unique_ptr<store::Cursor> within, const std::function<bool()>& gone)
      : within_(std::move(within)), gone_(gone), left_(gone_()) {}
  bool valid() const override { return !left_ && within_->valid(); }
  std::string_view key_bytes() const override { return within_->key_bytes(); }
  Result<std::string> value() override { return within_->value(); }
  void next() override {
    left_ = gone_();
    if (!left_) within_->next();
  }
  Status status() const override { return left_ ? nobody_waits() : within_->status(); }

 private:
  const std::unique_ptr<store::Cursor> within_;
  const std::function<bool()> gone_;
  bool left_;
};

}  // namespace

Result<std::optional<std::string>> Attended::find(const store::Key& key) {
  if (gone_()) return nobody_waits();
  return within_.find(key);
}

Result<store::Decoded> Attended::find_decoded(const store::Key& key, const Decode& decode) {
  if (gone_()) return nobody_waits();
  return within_.find_decoded(key, decode);
}

std::unique_ptr<store::Cursor> Attended::scan(const store::Key& prefix,
                                              const std::optional<store::Key>& from) {
  return std::make_unique<AttendedCursor>(within_.scan(prefix, from), gone_);
}

}  // namespace entente::identity
