// What the tests of data over SDMX's web service share: addresses, formats, rows.
#pragma once

#include <string>
#include <vector>

#include "server/statistics/query/words.h"
#include "tests/statistics/rest_world.h"

namespace entente::statistics::testing::rest_data {

inline const std::string kOld = "/sdmx/2.1/data/";
inline const std::string kNew = "/sdmx/3.0/data/";
inline const std::string kFlow = kNew + "dataflow/IGC/ASYLUM/1.0";
inline const std::string kCsv = "application/vnd.sdmx.data+csv;version=2.1.0";
inline const std::string kCsv1 = "application/vnd.sdmx.data+csv;version=1.0.0";
inline const std::string kJson = "application/vnd.sdmx.data+json;version=2.1.0";

using Rows = std::vector<std::string>;

inline std::vector<std::string> lines_of(const std::string& body) {
  std::vector<std::string> out;
  for (std::size_t from = 0; from < body.size();) {
    const std::size_t end = body.find("\r\n", from);
    out.push_back(body.substr(from, end - from));
    if (end == std::string::npos) break;
    from = end + 2;
  }
  return out;
}

// `SYR 2015` for each row, in their order.
inline std::vector<std::string> rows_of(const Answered& answer) {
  std::vector<std::string> out;
  const auto lines = lines_of(answer.body);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto cells = split(lines[i], ',');
    out.push_back(std::string(cells[5]) + " " + std::string(cells[6]));
  }
  return out;
}

inline const std::string kHeading =
    "DATAFLOW,FREQ,REF_AREA,CITIZEN,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,NOTE\n";
inline std::string row(const std::string& rest) { return "IGC:ASYLUM(1.0),A," + rest + "\n"; }

}  // namespace entente::statistics::testing::rest_data
