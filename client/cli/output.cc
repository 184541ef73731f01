#include "client/cli/output.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cwchar>
#include <iostream>

#include "client/cli/screen.h"
#include "proto/contract/bytes.h"
#include "proto/contract/text.h"

namespace entente::cli {
namespace {

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const int columns = ::wcwidth(static_cast<wchar_t>(next_point(text, at)));
    width += columns > 0 ? static_cast<std::size_t>(columns) : 0;
  }
  return width;
}

std::string_view advice(const Status& status) {
  switch (status.reason()) {
    case Reason::SignedOut:
      return "sign in with `entente sign-in`";
    case Reason::SignInRefused:
      return "check the password and that the certificate is this account's; your party's "
             "security officer can reset it";
    case Reason::StepUpNeeded:
      return "give the password again with `entente step-up`, then repeat";
    case Reason::SecondPersonNeeded:
      return "a second person must now approve the same proposal";
    case Reason::RevisionStale:
      return "someone changed it meanwhile: look again, then repeat";
    case Reason::ProofInvalid:
      return "do not rely on this server's answers; tell your security officer and compare "
             "checkpoints with another party";
    case Reason::Overloaded:
      return "try again in a moment";
    case Reason::CertificateRefused:
      return "see that the clock is right and that `entente profile show` names the certificate "
             "and "
             "the server that you mean; for a new certificate ask your party's certificate officer";
    case Reason::ServerDistrusted:
      return "see that the clock is right and that `entente profile show` names the server and the "
             "root that you were given; if it does, somebody may be between you and the server: "
             "tell your security officer";
    case Reason::NotReached:
      return "check the network and the server's name in `entente profile show`; if others reach "
             "it neither, tell whoever runs the server";
    default:
      return "";
  }
}

}  // namespace

Exit exit_for(const Status& status) {
  switch (status.code()) {
    case Code::Ok:
      return Exit::Ok;
    case Code::Unauthenticated:
      return Exit::SignedOut;
    case Code::NotFound:
      return Exit::NotFound;
    case Code::InvalidArgument:
    case Code::OutOfRange:
      return Exit::BadInput;
    case Code::PermissionDenied:
    case Code::FailedPrecondition:
    case Code::Aborted:
    case Code::AlreadyExists:
      return Exit::Refused;
    case Code::Unavailable:
    case Code::DeadlineExceeded:
    case Code::ResourceExhausted:
      return Exit::Unreachable;
    case Code::DataLoss:
      return Exit::Untrusted;
    default:
      return Exit::Failed;
  }
}

void print_error(const Status& status) {
  std::cerr << "error: " << safe(status.message()) << '\n';
  for (const Violation& violation : status.violations()) {
    const std::string words = "`" + violation.field + "` " + violation.rule;
    if (violation.line == 0 && words == status.message()) continue;  // said already
    std::cerr << "  ";
    if (violation.line != 0) std::cerr << "line " << violation.line;
    if (violation.column != 0) std::cerr << ", column " << violation.column;
    if (violation.line != 0) std::cerr << ": ";
    std::cerr << '`' << safe(violation.field) << "` " << safe(violation.rule) << '\n';
  }
  if (status.retry_after_ms() != 0) {
    std::cerr << "  retry in " << (status.retry_after_ms() + 999) / 1000 << " s\n";
  }
  if (const std::string_view next = advice(status); !next.empty())
    std::cerr << "  " << next << '\n';
}

void print_json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  if (google::protobuf::util::MessageToJsonString(message, &text, options).ok())
    print_data(text + '\n');
}

void print_data(std::string_view data) {
  const AsData as_data;
  std::cout << data;
}

std::string safe(std::string_view text) {
  if (!is_utf8(text)) return "<not UTF-8>";
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = at;
    const char32_t point = next_point(text, at);
    const std::string visible = made_visible(point);
    if (visible.empty()) {
      out.append(text.substr(from, at - from));
    } else {
      out += point == '\n' || point == '\t' ? " " : visible;
    }
  }
  return out;
}

Table::Table(std::vector<std::string> headings) : headings_(std::move(headings)) {
  for (std::string& heading : headings_) heading = safe(heading);
}

void Table::row(std::vector<std::string> cells) {
  cells.resize(headings_.size());
  for (std::string& cell : cells) cell = safe(cell);
  rows_.push_back(std::move(cells));
}

void Table::print() const {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < headings_.size(); ++column) {
    std::size_t width = width_of(headings_[column]);
    for (const auto& cells : rows_) width = std::max(width, width_of(cells[column]));
    widths.push_back(width);
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string out;
    for (std::size_t column = 0; column < cells.size(); ++column) {
      out += cells[column];
      if (column + 1 < cells.size()) out.append(widths[column] - width_of(cells[column]) + 2, ' ');
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    std::cout << out << '\n';
  };
  line(headings_);
  for (const auto& cells : rows_) line(cells);
}

}  // namespace entente::cli
