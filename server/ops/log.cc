#include "server/ops/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <mutex>

namespace entente::ops {
namespace {

constexpr std::size_t kDetailBytesMax = 1'000;

// One line stays one line, whatever an engine or a file said.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, kDetailBytesMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\';
    out += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  return out + '"';
}

std::string_view word(Level level) {
  switch (level) {
    case Level::Info:
      return "info";
    case Level::Warning:
      return "warning";
    case Level::Error:
      break;
  }
  return "error";
}

spdlog::level::level_enum native(Level level) {
  switch (level) {
    case Level::Info:
      return spdlog::level::info;
    case Level::Warning:
      return spdlog::level::warn;
    case Level::Error:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

struct Log::Sink {
  explicit Sink(std::FILE* file)
      : logger("",
               std::make_shared<spdlog::sinks::stdout_sink_base<spdlog::details::console_mutex>>(
                   file)) {
    logger.set_pattern("%v", spdlog::pattern_time_type::utc);
    logger.flush_on(spdlog::level::info);
    // A full or closed log is no reason to stop serving.
    logger.set_error_handler([](const std::string&) {});
  }
  spdlog::logger logger;
};

Log::Log(const Clock& clock, std::FILE* file)
    : clock_(clock), sink_(std::make_unique<Sink>(file)) {}
Log::~Log() = default;

void Log::write(Level level, Word event, std::initializer_list<Field> fields) {
  line(level, event, nullptr, fields);
}

void Log::write(Level level, Word event, const Status& why, std::initializer_list<Field> fields) {
  line(level, event, &why, fields);
}

void Log::line(Level level, Word event, const Status* why, std::initializer_list<Field> fields) {
  ++counts_[static_cast<std::size_t>(level)];
  std::string text = to_rfc3339(clock_.now());
  text.append(" level=").append(word(level)).append(" event=").append(event.text());
  for (const Field& field : fields)
    text.append(" ").append(field.key()).append("=").append(field.value());
  if (why != nullptr) {
    text.append(" code=").append(name_of(why->code()));
    text.append(" reason=").append(name_of(why->reason()));
    if (!why->detail().empty()) text.append(" detail=").append(quoted(why->detail()));
  }
  sink_->logger.log(native(level), spdlog::string_view_t(text));
}

Status for_operators(const Status& status, std::string_view about) {
  std::string words(about);
  if (!about.empty()) words.append(": ");
  words.append(status.message());
  if (!status.detail().empty()) words.append(": ").append(status.detail());
  return Status(status.code(), status.reason(), "").with_detail(std::move(words));
}

}  // namespace entente::ops
