#include "server/ops/metrics.h"

#include <unistd.h>

#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>

namespace entente::ops {
namespace {

std::string number(double value) {
  char text[40];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return error == std::errc{} ? std::string(text, end) : "NaN";
}

}  // namespace

Exposition::Form Exposition::wanted(std::string_view accept) {
  return accept.find("application/openmetrics-text") != std::string_view::npos ? Form::OpenMetrics
                                                                               : Form::Prometheus;
}

std::string_view Exposition::type_of(Form form) {
  return form == Form::OpenMetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                   : "text/plain; version=0.0.4; charset=utf-8";
}

// OpenMetrics names a counter's family without the ending of its samples, Prometheus with it.
void Exposition::head(Word name, Words help, std::string_view type, std::string_view ending) {
  const std::string family =
      std::string(name.text()) + std::string(form_ == Form::OpenMetrics ? "" : ending);
  text_.append("# HELP ").append(family).append(" ").append(help.text()).append("\n# TYPE ");
  text_.append(family).append(" ").append(type).append("\n");
}

void Exposition::counter(Word name, Words help, std::uint64_t value) {
  head(name, help, "counter", "_total");
  text_.append(name.text()).append("_total ").append(std::to_string(value)).append("\n");
}

void Exposition::counter_of_seconds(Word name, Words help, double value) {
  head(name, help, "counter", "_total");
  text_.append(name.text()).append("_total ").append(number(value)).append("\n");
}

void Exposition::counter(Word name, Words help, Word label, std::initializer_list<Part> parts) {
  head(name, help, "counter", "_total");
  for (const Part& part : parts) {
    text_.append(name.text()).append("_total{").append(label.text()).append("=\"");
    text_.append(part.word.text()).append("\"} ").append(std::to_string(part.value)).append("\n");
  }
}

void Exposition::gauge(Word name, Words help, double value) {
  head(name, help, "gauge", "");
  text_.append(name.text()).append(" ").append(number(value)).append("\n");
}

std::string Exposition::finish() && {
  if (form_ == Form::OpenMetrics) text_.append("# EOF\n");
  return std::move(text_);
}

void add_daemon(Exposition& out) {
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  out.gauge("process_resident_memory_bytes", "memory of this daemon that is in the machine's",
            static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  std::error_code error;
  std::uint64_t open = 0;
  for (auto at = std::filesystem::directory_iterator("/proc/self/fd", error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error))
    ++open;
  out.gauge("process_open_fds", "open file descriptors", static_cast<double>(open));
  std::string skipped;
  std::ifstream stat("/proc/self/stat");
  std::getline(stat, skipped, ')');  // the program's name may have blanks
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  for (int field = 3; field <= 13; ++field) stat >> skipped;
  stat >> user >> system;
  const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  out.counter_of_seconds("process_cpu_seconds", "processor time used, user and system",
                         static_cast<double>(user + system) / ticks);
}

}  // namespace entente::ops
