// The mark on a PDF, and the helper that makes it: shut in, whatever it is given.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <qpdf/Pl_Flate.hh>
#include <qpdf/Pl_String.hh>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFPageDocumentHelper.hh>
#include <qpdf/QPDFWriter.hh>
#include <stop_token>
#include <thread>

#include "server/documents/mark/pdf_mark.h"
#include "server/documents/mark/sandbox.h"
#include "server/documents/marker.h"
#include "tests/documents/world.h"

namespace entente::documents {
namespace {

const std::string kLine = "RESTRICTED - copy 3 - for Anna (Ekström) \\ x";

Result<std::unique_ptr<Sheet>> marked(const std::string& pdf) {
  Marker marker(ENTENTE_MARK_PROGRAM);
  return marker.mark(kLine, [&](Sheet& into) { return into.append(pdf); });
}

// As /FlateDecode has it.
std::string packed(const std::vector<std::string>& pieces) {
  std::string out;
  Pl_String into("packed", nullptr, out);
  Pl_Flate deflate("deflate", &into, Pl_Flate::a_deflate);
  for (const std::string& piece : pieces) deflate.writeString(piece);
  deflate.finish();
  return out;
}

std::string bytes_of(const Sheet& sheet) { return *sheet.read(0, sheet.size()); }

TEST_CASE("every page bears the line, and nothing runs by itself any more", "[documents][mark]") {
  const auto sheet = marked(testing::small_pdf(5));
  REQUIRE(sheet.status().message() == "");
  const std::string copy = bytes_of(**sheet);
  QPDF pdf;
  pdf.processMemoryFile("copy", copy.data(), copy.size());
  CHECK_FALSE(pdf.getRoot().hasKey("/OpenAction"));
  auto pages = QPDFPageDocumentHelper(pdf).getAllPages();
  REQUIRE(pages.size() == 5);
  for (auto& page : pages) {
    std::string drawn;
    for (auto& stream : page.getPageContents()) {
      const auto data = stream.getStreamData();
      drawn.append(data->getBuffer(), data->getBuffer() + data->getSize());
    }
    CHECK(drawn.find("for Anna \\(Ekstr\xf6m\\) \\\\ x") != std::string::npos);
    auto fonts = page.getAttribute("/Resources", false).getKey("/Font");
    REQUIRE(fonts.isDictionary());
    CHECK(fonts.getKeys().size() == 1);
  }
}

TEST_CASE("the same copy again is the same bytes", "[documents][mark]") {
  const std::string pdf = testing::small_pdf(2);
  CHECK(bytes_of(**marked(pdf)) == bytes_of(**marked(pdf)));
}

TEST_CASE("the line runs along the edge that is below as the page is shown", "[documents][mark]") {
  const mark::Edges page = {.left = 0, .bottom = 0, .right = 595, .top = 842};
  CHECK(mark::overlay(page, 0, "/F", "x").find("1 0 0 1 10.00 10.00 Tm") != std::string::npos);
  CHECK(mark::overlay(page, 90, "/F", "x").find("0 1 -1 0 585.00 10.00 Tm") != std::string::npos);
  CHECK(mark::overlay(page, 180, "/F", "x").find("-1 0 0 -1 585.00 832.00 Tm") !=
        std::string::npos);
  CHECK(mark::overlay(page, 270, "/F", "x").find("0 -1 1 0 10.00 832.00 Tm") != std::string::npos);
  // A long line is written small, so that it fits.
  CHECK(mark::overlay(page, 0, "/F", std::string(200, 'x')).find("/F 5.13 Tf") !=
        std::string::npos);
}

TEST_CASE("what is no PDF, or a broken one, is refused with a reason", "[documents][mark]") {
  for (const std::string& bad :
       {std::string("%PDF-1.7 and then nothing"), std::string(), std::string(100'000, '\0')}) {
    const auto sheet = marked(bad);
    REQUIRE(sheet.status().code() == Code::FailedPrecondition);
    CHECK(sheet.status().message().find("it is no PDF that can be read") != std::string::npos);
  }
}

TEST_CASE("no script is left in the copy, wherever it hangs", "[documents][mark][bad]") {
  const std::string script = "<< /S /JavaScript /JS (alert) >>";
  const std::string pdf = testing::pdf_of(
      {"<< /Type /Catalog /Pages 2 0 R /OpenAction " + script + " /AA << /WC " + script +
           " >> /Names << /JavaScript << /Names [(a) " + script + "] >> >> /AcroForm << /Fields " +
           "[5 0 R] /XFA (alert) >> /Outlines << /First << /Title (kept) /A 6 0 R >> >> >>",
       "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
       "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /AA << /O " + script +
           " >> /Annots [4 0 R 5 0 R] >>",
       "<< /Type /Annot /Subtype /Screen /Rect [0 0 9 9] /AA << /PV " + script +
           " >> /A << /S /URI /URI (kept) /Next [" + script + "] >> >>",
       "<< /Type /Annot /Subtype /Widget /FT /Tx /T (kept) /Rect [0 0 9 9] /AA << /C 6 0 R >> >>",
       "<< /S /JavaScript /JS 7 0 R >>", "<< /Length 5 >>\nstream\nalert\nendstream"});
  const auto sheet = marked(pdf);
  REQUIRE(sheet.status().message() == "");
  const std::string copy = bytes_of(**sheet);
  QPDF read;
  read.processMemoryFile("copy", copy.data(), copy.size());
  std::string whole;
  for (QPDFObjectHandle& one : read.getAllObjects()) whole += one.unparse();
  for (QPDFObjectHandle& one : read.getAllObjects()) whole += one.unparseResolved();
  CHECK(copy.find("alert") == std::string::npos);
  CHECK(whole.find("alert") == std::string::npos);
  CHECK(whole.find("/AA") == std::string::npos);
  CHECK(whole.find("/OpenAction") == std::string::npos);
  CHECK(whole.find("/XFA") == std::string::npos);
  CHECK(whole.find("(kept)") != std::string::npos);
}

// What a PDF of these objects reads as when it was marked.
std::unique_ptr<QPDF> read_copy(const std::vector<std::string>& objects, std::string& copy) {
  const auto sheet = marked(testing::pdf_of(objects));
  REQUIRE(sheet.status().message() == "");
  copy = bytes_of(**sheet);
  auto read = std::make_unique<QPDF>();
  read->processMemoryFile("copy", copy.data(), copy.size());
  return read;
}

TEST_CASE("an annotation that may reach the mark is drawn before it; all others stay what they are",
          "[documents][mark]") {
  const std::string draws = " /AP << /N 4 0 R >> ";
  std::string notes;
  int count = 0;
  const auto note = [&](const std::string& kind, const std::string& more) {
    notes += "<< /Type /Annot /F 4 /Subtype /" + kind + " /NM (" + std::to_string(count++) + ") " +
             more + " >> ";
  };
  note("Stamp", draws + "/Rect [0 200 100 300]");                 // 0: far from the edge
  note("Stamp", draws + "/Rect [0 0 100 300]");                   // 1
  note("Stamp", draws + "/Rect [100 300 0 80]");                  // 2: its icon or border may reach
  note("Text", draws + "/Rect [0 150 20 170] /F 28");             // 3: turns with nothing
  note("Text", draws + "/Rect [0 100 20 120] /F 28");             // 4: the same, and may reach
  note("Square", "/Rect [0 0 400 300] /IC [1 1 1]");              // 5: as viewers would draw it
  note("Stamp", draws + "/F 2 /Rect [0 0 9 9] /Contents (old)");  // 6: hidden
  note("Link", "/Rect [0 0 400 30] /Border [0 0 900] /BS << /W 900 >> /A << /S /URI /URI (x) >>");
  note("Link", "/Rect [0 200 400 230] /Border [0 0 1]");
  note("Widget", draws + "/Rect [0 0 400 30] /FT /Tx /T (x) /OC 5 0 R");  // 9
  std::string copy;
  const auto read = read_copy(
      {"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
       "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Annots [" + notes + "] >>",
       "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 4 >>\nstream\nBTET\nendstream",
       "<< /Type /OCG /Name (layer) >>"},
      copy);
  QPDFPageObjectHelper page = QPDFPageDocumentHelper(*read).getAllPages().at(0);
  std::string kept;
  for (auto& one : page.getAnnotations()) {
    kept += one.getObjectHandle().getKey("/NM").getStringValue();
    if (kept.back() == '7') CHECK(one.getObjectHandle().getKey("/Border").unparse() == "[ 0 0 0 ]");
    if (kept.back() == '7') CHECK_FALSE(one.getObjectHandle().hasKey("/BS"));
    if (kept.back() == '8') CHECK(one.getObjectHandle().getKey("/Border").unparse() == "[ 0 0 1 ]");
  }
  CHECK(kept == "0378");
  auto form = page.getAttribute("/Resources", false).getKey("/XObject").getKey("/EntenteNotes");
  const auto data = form.getStreamData();
  const std::string drawn(data->getBuffer(), data->getBuffer() + data->getSize());
  // Those that look like something: 1, 2, 4 and 9, this one in its layer.
  CHECK(form.getDict().getKey("/Resources").getKey("/XObject").getKeys().size() == 4);
  std::size_t times = 0;
  for (std::size_t at = 0; (at = drawn.find(" Do", at)) != std::string::npos; ++at) ++times;
  CHECK(times == 4);
  CHECK(drawn.find("/OC /EntenteNote5 BDC") != std::string::npos);
  CHECK(form.getDict().getKey("/Resources").getKey("/Properties").hasKey("/EntenteNote5"));
  // What is drawn last is the mark.
  const auto whole = page.getPageContents().at(0).getStreamData();
  const std::string content(whole->getBuffer(), whole->getBuffer() + whole->getSize());
  CHECK(content.find("/EntenteNotes Do") < content.find("for Anna"));
}

TEST_CASE("a page's small picture, on which no mark is, is not in the copy", "[documents][mark]") {
  std::string copy;
  const auto read = read_copy(
      {"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
       "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Thumb 4 0 R >>",
       "<< /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\nstream\n"
       "x\nendstream"},
      copy);
  QPDFPageObjectHelper page = QPDFPageDocumentHelper(*read).getAllPages().at(0);
  CHECK_FALSE(page.getObjectHandle().hasKey("/Thumb"));
}

TEST_CASE(
    "the tags lead to what they are of, though that is a form now, and a tree that is a circle "
    "ends",
    "[documents][mark]") {
  std::string copy;
  const auto read = read_copy(
      {"<< /Type /Catalog /Pages 2 0 R /StructTreeRoot 4 0 R >>",
       "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
       "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Contents 7 0 R /StructParents 0 >>",
       "<< /Type /StructTreeRoot /K [5 0 R] /ParentTree << /Nums [0 [5 0 R 6 0 R 6 0 R]] >> >>",
       "<< /Type /StructElem /S /Document /P 4 0 R /Pg 3 0 R /K [0 6 0 R 5 0 R] >>",
       "<< /Type /StructElem /S /P /P 5 0 R /K [<< /Type /MCR /Pg 3 0 R /MCID 1 >> << /Type /MCR "
       "/Pg 3 0 R /Stm 8 0 R /MCID 2 >> << /Type /OBJR /Obj 3 0 R >> << /S /Span /Pg 3 0 R /K 3 >> "
       "4 0 R] >>",
       "<< /Length 4 >>\nstream\nBTET\nendstream",
       "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 4 >>\nstream\nBTET\nendstream"},
      copy);
  QPDFPageObjectHelper page = QPDFPageDocumentHelper(*read).getAllPages().at(0);
  QPDFObjectHandle form =
      page.getAttribute("/Resources", false).getKey("/XObject").getKey("/EntentePage");
  CHECK_FALSE(page.getObjectHandle().hasKey("/StructParents"));
  CHECK(form.getDict().getKey("/StructParents").unparse() == "0");
  QPDFObjectHandle top = read->getRoot().getKey("/StructTreeRoot").getKey("/K").getArrayItem(0);
  QPDFObjectHandle first = top.getKey("/K").getArrayItem(0);
  CHECK(first.getKey("/Type").isNameAndEquals("/MCR"));
  CHECK(first.getKey("/MCID").unparse() == "0");
  CHECK(first.getKey("/Pg").getObjGen() == page.getObjectHandle().getObjGen());
  CHECK(first.getKey("/Stm").getObjGen() == form.getObjGen());
  QPDFObjectHandle below = top.getKey("/K").getArrayItem(1).getKey("/K");
  CHECK(below.getArrayItem(0).getKey("/Stm").getObjGen() == form.getObjGen());
  CHECK(below.getArrayItem(1).getKey("/Stm").getObjGen() != form.getObjGen());
  CHECK_FALSE(below.getArrayItem(2).hasKey("/Stm"));
  CHECK(below.getArrayItem(3).getKey("/K").getKey("/Stm").getObjGen() == form.getObjGen());
}

TEST_CASE("what asks for a password is refused as that; what only forbids changes is marked",
          "[documents][mark]") {
  const auto sealed = [](const char* password) {
    const std::string plain = testing::small_pdf(1);
    QPDF pdf;
    pdf.processMemoryFile("plain", plain.data(), plain.size());
    QPDFWriter writer(pdf);
    writer.setOutputMemory();
    writer.setR6EncryptionParameters(password, "owner", false, false, false, false, false, false,
                                     qpdf_r3p_none, true);
    writer.write();
    const auto buffer = writer.getBufferSharedPointer();
    return std::string(buffer->getBuffer(), buffer->getBuffer() + buffer->getSize());
  };
  const Status refused = marked(sealed("a password")).status();
  CHECK(refused.code() == Code::FailedPrecondition);
  CHECK(refused.message().find("it asks for a password") != std::string::npos);
  const auto sheet = marked(sealed(""));
  REQUIRE(sheet.status().message() == "");
  CHECK(bytes_of(**sheet).find("/Encrypt") == std::string::npos);
}

TEST_CASE("what unpacks to more than is given is refused", "[documents][mark][bad]") {
  // 520 mebibytes of blanks, packed twice.
  std::string bytes(1 << 20, ' ');
  const std::string once = packed(std::vector<std::string>(520, bytes));
  const std::string twice = packed({once});
  const std::string pdf = testing::pdf_of(
      {"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
       "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Contents [4 0 R 4 0 R] >>",
       "<< /Filter [/FlateDecode /FlateDecode] /Length " + std::to_string(twice.size()) +
           " >>\nstream\n" + twice + "\nendstream"});
  CHECK(pdf.size() < 100'000);
  CHECK(marked(pdf).status().code() == Code::FailedPrecondition);
}

TEST_CASE("a page whose edges lie nowhere is refused", "[documents][mark][bad]") {
  const std::string far(60, '9');
  for (const std::string& edges :
       {"/MediaBox [0 0 " + far + ".0 300]", "/MediaBox [-" + far + ".0 0 400 300]",
        "/MediaBox [0 0 400 " + std::string(400, '9') + ".0]",
        std::string("/MediaBox [0 0 400 300] /CropBox [500 500 900 900]")}) {
    const std::string page = "<< /Type /Page /Parent 2 0 R /Rotate 180 " + edges + " >>";
    const auto sheet = marked(testing::pdf_of(
        {"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>", page}));
    CHECK(sheet.status().code() == Code::FailedPrecondition);
  }
  // And of what draws it, no number is longer than it may be.
  const mark::Edges edges = {.left = 0, .bottom = 0, .right = 1e60, .top = 1e300};
  CHECK(mark::overlay(edges, 180, "/F", "x").size() < 300);
}

TEST_CASE("a page tree that refers to itself ends", "[documents][mark]") {
  std::string pdf = testing::small_pdf(2);
  const std::size_t kid = pdf.find("3 0 R");
  pdf.replace(kid, 5, "2 0 R");
  CHECK(marked(pdf).status().code() == Code::FailedPrecondition);
}

TEST_CASE("a helper that is not there is the server's trouble", "[documents][mark]") {
  Marker marker("/nonexistent/entente-mark");
  CHECK(marker.mark("x", [](Sheet&) { return Status(); }).status().code() == Code::Unavailable);
}

TEST_CASE("who is shut in opens nothing, reaches nobody, starts nothing", "[documents][mark]") {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool entered =
        sandbox::enter({.memory_bytes = 1ULL << 32, .cpu_s = 5, .output_bytes = 1 << 20});
    int escapes = entered ? 0 : 1;
    errno = 0;
    if (::open("/etc/passwd", O_RDONLY) >= 0 || errno != EPERM) escapes |= 2;
    if (::socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM) escapes |= 4;
    char* const none[] = {nullptr};
    if (::execve("/bin/true", none, none) == 0 || errno != EPERM) escapes |= 8;
    if (::fork() >= 0 || errno != EPERM) escapes |= 16;
    ::_exit(escapes);
  }
  int ended = 0;
  REQUIRE(::waitpid(child, &ended, 0) == child);
  REQUIRE(WIFEXITED(ended));
  CHECK(WEXITSTATUS(ended) == 0);
}

// A process that is shut in with so much, has `kept` as its standard input, and does `what`; how it
// ended.
int shut_in(const sandbox::Limits& limits, void (*what)(), int kept = STDIN_FILENO) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::dup2(kept, STDIN_FILENO) != STDIN_FILENO || !sandbox::enter(limits)) ::_exit(1);
    what();
    ::_exit(2);
  }
  int ended = 0;
  REQUIRE(::waitpid(child, &ended, 0) == child);
  return ended;
}

TEST_CASE("who is shut in has so much memory, processor and output, and no more",
          "[documents][mark]") {
  constexpr std::uint64_t plenty = 1ULL << 47U;
  constexpr std::size_t much = 1 << 30;
  const int memory = shut_in({.memory_bytes = much, .cpu_s = 5, .output_bytes = 1 << 20}, [] {
    void* const got = ::mmap(nullptr, much, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ::_exit(got == MAP_FAILED && errno == ENOMEM ? 0 : 3);
  });
  CHECK(memory == 0);
  const int processor = shut_in({.memory_bytes = plenty, .cpu_s = 1, .output_bytes = 1 << 20}, [] {
    for (;;) static_cast<void>(::getpid());
  });
  CHECK(WIFSIGNALED(processor));
  const auto sheet = Sheet::make();
  REQUIRE(sheet.ok());
  const int output = shut_in(
      {.memory_bytes = plenty, .cpu_s = 5, .output_bytes = 1 << 20},
      [] {
        static std::array<char, 2 << 20> bytes;
        ::signal(SIGXFSZ, SIG_IGN);
        ::_exit(::write(STDIN_FILENO, bytes.data(), bytes.size()) == 1 << 20 ? 0 : 3);
      },
      (*sheet)->descriptor());
  CHECK(output == 0);
  CHECK((*sheet)->size() == 1 << 20);
}

// A helper that does what the text says that it is given.
struct Shell {
  explicit Shell(Helper::Bounds bounds) : helper("/bin/sh", bounds) {}
  Result<int> run(const std::string& script, const std::stop_token& stop = {}) {
    const auto sheet = Sheet::make();
    return helper.run([&](Sheet& in) { return in.append(script); }, **sheet, stop);
  }
  Helper helper;
};

TEST_CASE("a helper that does not end is ended", "[documents][mark]") {
  Shell shell({.ms_max = 200, .at_once_max = 1, .waiting_max = 1});
  CHECK(WEXITSTATUS(*shell.run("exit 7")) == 7);
  const Result<int> ended = shell.run("while :; do :; done");
  REQUIRE(ended.ok());
  CHECK(WTERMSIG(*ended) == SIGKILL);
  Shell patient({.ms_max = 600'000, .at_once_max = 1, .waiting_max = 1});
  std::stop_source stop;
  stop.request_stop();
  CHECK(patient.run("while :; do :; done", stop.get_token()).status().code() == Code::Cancelled);
}

TEST_CASE("so many helpers are at work at once, so many callers wait, and the next is told so",
          "[documents][mark]") {
  Shell shell({.ms_max = 600'000, .at_once_max = 1, .waiting_max = 1});
  std::stop_source stop;
  std::mutex mutex;
  std::condition_variable_any came;
  std::vector<Status> ends;
  std::vector<std::thread> callers;
  for (int n = 0; n < 3; ++n) {
    callers.emplace_back([&] {
      Status end = shell.run("while :; do :; done", stop.get_token()).status();
      const std::lock_guard lock(mutex);
      ends.push_back(std::move(end));
      came.notify_all();
    });
  }
  {
    std::unique_lock lock(mutex);
    came.wait(lock, [&] { return !ends.empty(); });
  }
  stop.request_stop();
  for (std::thread& one : callers) one.join();
  REQUIRE(ends.size() == 3);
  CHECK(ends[0].code() == Code::ResourceExhausted);
  CHECK(ends[0].reason() == Reason::Overloaded);
  CHECK(ends[1].code() == Code::Cancelled);
  CHECK(ends[2].code() == Code::Cancelled);
}

}  // namespace
}  // namespace entente::documents
