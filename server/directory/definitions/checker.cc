#include "server/directory/definitions/checker.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "proto/contract/bytes.h"
#include "proto/contract/limits.h"

namespace entente::directory {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::TextFormat;

// The text format's own faults; its lines and columns count from zero.
class Collector final : public google::protobuf::io::ErrorCollector {
 public:
  explicit Collector(std::vector<Violation>& out) : out_(out) {}
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (out_.size() > limits::import_problems_max) return;
    std::string rule = message;
    std::replace_if(
        rule.begin(), rule.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    if (rule.size() > rule_bytes_max || !is_utf8(rule)) rule = "does not fit the schema";
    out_.push_back({"", std::move(rule), static_cast<std::uint64_t>(line + 1),
                    static_cast<std::uint64_t>(column + 1)});
  }

 private:
  static constexpr std::size_t rule_bytes_max = 400;  // faults quote the text, which may be long
  std::vector<Violation>& out_;
};

std::string path_of(const Place& place, std::string_view field, int index) {
  std::string path = place.path;
  if (!path.empty()) path += '.';
  path += field;
  if (index >= 0) path += '[' + std::to_string(index) + ']';
  return path;
}

// Where the value stands; where the parser did not say (a later value of a list), the nearest.
std::pair<int, int> location_of(const Place& place, const FieldDescriptor* field, int index) {
  if (place.tree != nullptr && field != nullptr) {
    for (int at = index; at >= -1; --at) {
      if ((at < 0) == field->is_repeated()) continue;
      const TextFormat::ParseLocation found = place.tree->GetLocation(field, at);
      if (found.line >= 0) return {found.line + 1, found.column + 1};
    }
  }
  return {place.line, place.column};
}

}  // namespace

bool Checker::read(std::string_view text, Message& message) {
  if (text.size() > limits::definition_bytes_max) {
    violations_.push_back({"", "is longer than a definition may be", 0, 0});
    return false;
  }
  if (!is_utf8(text) || text.find('\0') != std::string_view::npos) {
    violations_.push_back({"", "is not text in UTF-8", 0, 0});
    return false;
  }
  Collector collector(violations_);
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&collector);
  parser.WriteLocationsTo(&tree_);
  parser.SetRecursionLimit(limits::message_depth_max);
  google::protobuf::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  const bool parsed = parser.Parse(&stream, &message);
  if (!parsed && violations_.empty()) violations_.push_back({"", "does not fit the schema", 0, 0});
  message_ = &message;
  return parsed && violations_.empty();
}

Place Checker::inside(const Place& place, const char* name, int index) {
  const FieldDescriptor* field = place.message->GetDescriptor()->FindFieldByName(name);
  ENTENTE_CHECK(field != nullptr && field->message_type() != nullptr);
  const auto* reflection = place.message->GetReflection();
  Place inner;
  inner.message = index < 0 ? &reflection->GetMessage(*place.message, field)
                            : &reflection->GetRepeatedMessage(*place.message, field, index);
  inner.path = path_of(place, name, index);
  if (place.tree != nullptr) inner.tree = place.tree->GetTreeForNested(field, index);
  std::tie(inner.line, inner.column) = location_of(place, field, index);
  return inner;
}

void Checker::wrong(const Place& place, const char* name, int index, std::string rule) {
  const FieldDescriptor* field = place.message->GetDescriptor()->FindFieldByName(name);
  ENTENTE_CHECK(field != nullptr);
  const auto [line, column] = location_of(place, field, index);
  violations_.push_back({path_of(place, name, index), std::move(rule),
                         static_cast<std::uint64_t>(line), static_cast<std::uint64_t>(column)});
}

void Checker::check_text(const Place& place, const FieldDescriptor& field, int index,
                         const std::string& text) {
  const char* name = field.name().c_str();
  if (text.empty()) {
    if (field.is_repeated()) wrong(place, name, index, "has no content");
    return;
  }
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (!is_utf8(text)) {
    wrong(place, name, index, "is not text in UTF-8");
  } else if (text.size() > limits::text_bytes_max) {
    wrong(place, name, index, "is longer than a text may be");
  } else if (std::any_of(text.begin(), text.end(), is_control)) {
    wrong(place, name, index, "holds a control character");
  } else if (text.front() == ' ' || text.back() == ' ') {
    wrong(place, name, index, "begins or ends with a blank");
  }
}

void Checker::check_texts(const Place& place) {
  const Message& message = *place.message;
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const int index = field->is_repeated() ? i : -1;
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        check_texts(inside(place, field->name().c_str(), index));
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        check_text(place, *field, index,
                   index < 0 ? reflection->GetString(message, field)
                             : reflection->GetRepeatedString(message, field, index));
      }
    }
  }
}

Status Checker::status(std::string_view what) const { return faults_in(what, violations_); }

Status faults_in(std::string_view what, std::vector<Violation> violations) {
  if (violations.empty()) return {};
  const std::size_t count = violations.size();
  std::string message =
      std::to_string(count) + (count == 1 ? " fault in " : " faults in ") + std::string(what);
  if (count > limits::import_problems_max) {
    violations.resize(limits::import_problems_max);
    message += ", of which " + std::to_string(count - violations.size()) + " are not listed";
  }
  return Status(Code::InvalidArgument, Reason::FieldInvalid, std::move(message))
      .with_violations(std::move(violations));
}

}  // namespace entente::directory
