// A workbook (Office Open XML, ISO 29500): a first sheet that says what this is, then the figures.
// Made while it is sent, so that no figure lies unsealed in a temporary file.
#include "proto/contract/formula.h"
#include "proto/contract/limits.h"
#include "proto/contract/markup.h"
#include "server/statistics/writers/table.h"
#include "server/statistics/writers/zip.h"

namespace entente::statistics {
namespace {

constexpr std::size_t kRowsMax = 1'048'576;                // of a sheet
constexpr std::uint64_t kSheetBytesMax = 3'000'000'000;    // of a sheet's XML: a zip's own is 4 GiB
constexpr std::uint64_t kArchiveBytesMax = 4'000'000'000;  // of all of it
constexpr std::size_t kCellCharacters = 32'767;
constexpr std::size_t kGatheredBytes = 32 * 1024;
constexpr const char* kXml = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
constexpr const char* kMain = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
constexpr const char* kRelations =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
// As they stand in styles.xml.
constexpr const char* kHeading = "1";
constexpr const char* kQuoted = "2";
constexpr const char* kWrapped = "3";

// Cut to what a cell holds, and never in the midst of a character; `_x0041_` stays what it is.
std::string cell_text(std::string_view text) {
  if (text.size() > kCellCharacters) {
    std::size_t end = kCellCharacters;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
  }
  std::string out = markup_text(text);
  for (std::size_t at = out.find("_x"); at != std::string::npos; at = out.find("_x", at + 7)) {
    out.insert(at, "_x005F");
  }
  return out;
}

// A text is a text by its type, whatever it begins with; one that looks like a formula is also
// marked as quoted, so that it stays a text when it is edited.
void append_text(std::string& out, std::string_view text, const char* style = nullptr) {
  if (text.empty() && style == nullptr) {
    out += "<c/>";
    return;
  }
  out += "<c t=\"inlineStr\"";
  if (style == nullptr && looks_like_formula(text)) style = kQuoted;
  if (style != nullptr) {
    out += " s=\"";
    out += style;
    out += '"';
  }
  out += "><is><t xml:space=\"preserve\">" + cell_text(text) + "</t></is></c>";
}

class WorkbookWriter final : public DataWriter {
 public:
  explicit WorkbookWriter(Plan plan)
      : plan_(std::move(plan)), columns_(plan_), names_(*plan_.model, plan_.languages) {}

  void begin(std::string& out) override {
    begin_sheet("About", 2, 0, out);
    for (const auto& [what, said] : plan_.front) {
      rows_ += "<row>";
      append_text(rows_, what, kHeading);
      append_text(rows_, said, kWrapped);
      rows_ += "</row>";
    }
    end_sheet(out);
    begin_figures(out);
  }

  void begin_set(const SetHead& head, const Texts& texts, std::string&) override {
    topic_ = &plan_.topics[head.topic];
    places_ = &columns_.places[head.topic];
    texts_ = texts;
    deletes_ = head.action == SetHead::Action::Delete;
    lead_ = "<row>";
    append_text(lead_, table_name_of(*topic_).second);
    tail_.clear();
    if (plan_.changes) {
      append_text(lead_, deletes_ ? "D" : "R");
      append_text(tail_, head.valid_from ? to_rfc3339(*head.valid_from) : "");
      append_text(tail_, head.valid_to ? to_rfc3339(*head.valid_to) : "");
    }
    tail_ += "</row>";
    codes_.clear();
    for (const auto& list : *texts.dimensions) codes_.emplace_back(list.size());
    values_.clear();
    for (const auto& list : *texts.attributes) values_.emplace_back(list.size());
  }

  void write(const Columns& columns, std::string& out) override {
    std::size_t cell = 0;
    for (std::size_t s = 0; s < columns.series(); ++s) {
      key(columns.key(s));
      for (std::uint32_t i = 0; i < columns.counts[s]; ++i, ++cell) {
        rows_ += key_;
        if (plan_.observations) {
          observation(columns, cell, {columns.frequency(s), columns.ordinals[cell]});
        }
        rows_ += tail_;
        row_ended(out);
      }
    }
  }

  void end_set(std::string&) override {}

  void end(std::string& out) override {
    end_sheet(out);
    file("[Content_Types].xml", content_types(), out);
    file("_rels/.rels",
         "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
         "<Relationship Id=\"rId1\" Type=\"" +
             std::string(kRelations) +
             "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>",
         out);
    file("xl/workbook.xml", workbook(), out);
    file("xl/_rels/workbook.xml.rels", relations(), out);
    file("xl/styles.xml", styles(), out);
    zip_.end(out);
  }

  [[nodiscard]] Status state() const override {
    if (zip_.bytes() < kArchiveBytesMax) return {};
    return {Code::ResourceExhausted, Reason::LimitReached, "a workbook has at most 4 GB"};
  }

 private:
  void begin_sheet(const std::string& name, std::size_t columns, int frozen, std::string& out) {
    sheets_.push_back(name);
    zip_.begin_file("xl/worksheets/sheet" + std::to_string(sheets_.size()) + ".xml", out);
    rows_ = kXml + std::string("<worksheet xmlns=\"") + kMain + "\"><sheetViews>";
    rows_ += sheets_.size() == 1 ? "<sheetView tabSelected=\"1\" workbookViewId=\"0\"/>"
                                 : "<sheetView workbookViewId=\"0\">";
    if (frozen != 0) {
      rows_ +=
          "<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>"
          "</sheetView>";
    }
    rows_ += "</sheetViews><cols>";
    rows_ += frozen != 0 ? "<col min=\"1\" max=\"" + std::to_string(columns) +
                               "\" width=\"16\" customWidth=\"1\"/>"
                         : "<col min=\"1\" max=\"1\" width=\"18\" customWidth=\"1\"/>"
                           "<col min=\"2\" max=\"2\" width=\"110\" customWidth=\"1\"/>";
    rows_ += "</cols><sheetData>";
    count_ = 0;
  }

  void end_sheet(std::string& out) {
    rows_ += "</sheetData></worksheet>";
    zip_.add(rows_, out);
    rows_.clear();
    zip_.end_file(out);
  }

  void begin_figures(std::string& out) {
    const std::string name =
        sheets_.size() == 1 ? "Figures" : "Figures " + std::to_string(sheets_.size());
    const std::size_t width = 4 + columns_.dimensions.size() + columns_.measures.size() +
                              2 * columns_.attributes.size() + columns_.dimensions.size();
    begin_sheet(name, width, 1, out);
    rows_ += "<row>";
    append_text(rows_, "Dataflow", kHeading);
    if (plan_.changes) append_text(rows_, "Action", kHeading);
    const auto head = [&](const std::vector<std::string>& ids,
                          const std::vector<std::size_t>& owners, bool named) {
      for (std::size_t i = 0; i < ids.size(); ++i) {
        append_text(rows_, ids[i], kHeading);
        const std::string title = names_.component(*plan_.topics[owners[i]].flow, ids[i]);
        if (named) append_text(rows_, title, kHeading);
      }
    };
    head(columns_.dimensions, columns_.dimension_owner, true);
    if (plan_.observations) {
      append_text(rows_, time_dimension, kHeading);
      head(columns_.measures, columns_.measure_owner, false);
      head(columns_.attributes, columns_.attribute_owner, false);
    }
    if (plan_.changes) {
      append_text(rows_, "Valid from", kHeading);
      append_text(rows_, "Valid to", kHeading);
    }
    rows_ += "</row>";
    count_ = 1;
  }

  // What stands before the period: the codes, each with what people call it.
  void key(std::span<const std::uint32_t> key) {
    key_ = lead_;
    for (const auto& own : places_->dimensions) {
      if (!own) {
        key_ += "<c/><c/>";
        continue;
      }
      const std::uint32_t code = key[*own];
      key_ += codes_[*own].of(code, [&] {
        const std::string& text = (*texts_.dimensions)[*own][code];
        std::string made;
        append_text(made, text);
        append_text(made, names_.code(topic_->flow->dimension_lists[*own].get(), text));
        return made;
      });
    }
  }

  void observation(const Columns& columns, std::size_t cell, Period period) {
    append_text(rows_, periods_.text(period));
    for (const bool own : places_->measures) {
      if (own && columns.kinds[cell] == Kind::Value && !deletes_) {
        rows_ += "<c><v>";
        append_figure(rows_, columns.values[cell]);
        rows_ += "</v></c>";
      } else {
        rows_ += "<c/>";
      }
    }
    const auto codes = columns.codes_of(cell);
    for (const auto& own : places_->attributes) {
      const std::uint32_t code = own && !deletes_ ? codes[*own] : 0;
      if (code == 0) {
        rows_ += "<c/>";
      } else if (topic_->flow->attribute_lists[*own] == nullptr) {
        append_text(rows_, (*texts_.attributes)[*own][code]);
      } else {
        rows_ += values_[*own].of(code, [&] {
          std::string made;
          append_text(made, (*texts_.attributes)[*own][code]);
          return made;
        });
      }
    }
  }

  void row_ended(std::string& out) {
    ++count_;
    if (rows_.size() >= kGatheredBytes) {
      zip_.add(rows_, out);
      rows_.clear();
    }
    if (count_ < kRowsMax && zip_.file_bytes() < kSheetBytesMax) return;
    end_sheet(out);
    begin_figures(out);
  }

  void file(const std::string& name, const std::string& content, std::string& out) {
    zip_.begin_file(name, out);
    zip_.add(kXml + content, out);
    zip_.end_file(out);
  }

  [[nodiscard]] std::string content_types() const {
    const std::string type = "application/vnd.openxmlformats-officedocument.spreadsheetml.";
    std::string out =
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
        "<Default Extension=\"rels\" "
        "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
        "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
        "<Override PartName=\"/xl/workbook.xml\" ContentType=\"" +
        type + "sheet.main+xml\"/><Override PartName=\"/xl/styles.xml\" ContentType=\"" + type +
        "styles+xml\"/>";
    for (std::size_t i = 1; i <= sheets_.size(); ++i) {
      out += "<Override PartName=\"/xl/worksheets/sheet" + std::to_string(i) +
             ".xml\" ContentType=\"" + type + "worksheet+xml\"/>";
    }
    return out + "</Types>";
  }

  [[nodiscard]] std::string workbook() const {
    std::string out = "<workbook xmlns=\"" + std::string(kMain) + "\" xmlns:r=\"" + kRelations +
                      "\"><bookViews><workbookView/></bookViews><sheets>";
    for (std::size_t i = 1; i <= sheets_.size(); ++i) {
      const std::string number = std::to_string(i);
      out += "<sheet name=\"" + sheets_[i - 1] + "\" sheetId=\"" + number + "\" r:id=\"rId" +
             number + "\"/>";
    }
    return out + "</sheets></workbook>";
  }

  [[nodiscard]] std::string relations() const {
    std::string out =
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">";
    for (std::size_t i = 1; i <= sheets_.size(); ++i) {
      const std::string number = std::to_string(i);
      out += "<Relationship Id=\"rId" + number + "\" Type=\"" + kRelations +
             "/worksheet\" Target=\"worksheets/sheet" + number + ".xml\"/>";
    }
    return out + "<Relationship Id=\"rId" + std::to_string(sheets_.size() + 1) + "\" Type=\"" +
           kRelations + "/styles\" Target=\"styles.xml\"/></Relationships>";
  }

  // 0: plain, 1: a heading, 2: quoted, 3: wrapped.
  static std::string styles() {
    return "<styleSheet xmlns=\"" + std::string(kMain) +
           "\"><fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font>"
           "<font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>"
           "<fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill>"
           "<fill><patternFill patternType=\"gray125\"/></fill></fills>"
           "<borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border>"
           "</borders><cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" "
           "borderId=\"0\"/></cellStyleXfs><cellXfs count=\"4\">"
           "<xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>"
           "<xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" "
           "applyFont=\"1\"/>"
           "<xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" "
           "quotePrefix=\"1\"/>"
           "<xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" "
           "quotePrefix=\"1\" applyAlignment=\"1\"><alignment vertical=\"top\" wrapText=\"1\"/>"
           "</xf></cellXfs><cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" "
           "builtinId=\"0\"/></cellStyles></styleSheet>";
  }

  const Plan plan_;
  const TableColumns columns_;
  const Names names_;
  PeriodTexts periods_;
  ZipWriter zip_;
  std::vector<std::string> sheets_;
  std::size_t count_ = 0;  // rows of the sheet under way
  std::string rows_;       // not compressed yet
  // The data set under way.
  const Topic* topic_ = nullptr;
  const TableColumns::Places* places_ = nullptr;
  Texts texts_;
  bool deletes_ = false;
  std::string lead_;
  std::string tail_;
  std::string key_;
  std::vector<Rendered> codes_;
  std::vector<Rendered> values_;
};

}  // namespace

std::unique_ptr<DataWriter> make_workbook_writer(Plan plan) {
  return std::make_unique<WorkbookWriter>(std::move(plan));
}

}  // namespace entente::statistics
