#include "client/lib/tar_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "proto/contract/bytes.h"
#include "proto/contract/digest.h"

namespace entente::client {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kNameBytes = 100;  // in the header itself

// `<length of the whole record> path=<name>\n`
std::string path_record(const std::string& name) {
  const std::string rest = " path=" + name + "\n";
  std::size_t size = rest.size() + 1;
  while (std::to_string(size).size() + rest.size() != size) ++size;
  return std::to_string(size) + rest;
}

// A file's bytes as they lie, as long as this lives.
class Mapped {
 public:
  explicit Mapped(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat about {};
    if (descriptor >= 0 && ::fstat(descriptor, &about) == 0) {
      size_ = static_cast<std::size_t>(about.st_size);
      at_ = size_ == 0 ? nullptr : ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    }
    if (descriptor >= 0) ::close(descriptor);
  }
  ~Mapped() {
    if (is_there() && size_ != 0) ::munmap(at_, size_);
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  [[nodiscard]] bool is_there() const { return at_ != MAP_FAILED; }
  [[nodiscard]] std::string_view view() const { return {static_cast<const char*>(at_), size_}; }

 private:
  void* at_ = MAP_FAILED;
  std::size_t size_ = 0;
};

std::string octal(std::uint64_t value, std::size_t digits) {
  std::string text(digits, '0');
  for (std::size_t at = digits; at-- > 0; value /= 8) text[at] = static_cast<char>('0' + value % 8);
  return text;
}

}  // namespace

Result<TarFile> TarFile::create(const std::string& path) {
  ENTENTE_TRY(KeptFile file, KeptFile::create(path));
  return TarFile(std::move(file));
}

void TarFile::header(const std::string& name, std::uint64_t bytes, char type) {
  std::string block(kBlock, '\0');
  const auto put = [&](std::size_t at, std::string_view text) {
    block.replace(at, text.size(), text);
  };
  put(0, std::string_view(name).substr(0, kNameBytes));
  put(100, "0000600");
  put(108, "0000000");
  put(116, "0000000");
  put(124, octal(bytes, 11));
  put(136, octal(0, 11));
  put(148, "        ");
  block[156] = type;
  put(257, std::string_view("ustar\00000", 8));
  std::uint64_t sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put(148, octal(sum, 6));
  block[154] = '\0';  // and a blank behind it, which is there
  file_.out() << block;
}

void TarFile::pad(std::uint64_t bytes) {
  file_.out() << std::string((kBlock - bytes % kBlock) % kBlock, '\0');
}

Status TarFile::add(const std::string& name, std::string_view content) {
  const bool plain = name.size() < kNameBytes && std::all_of(name.begin(), name.end(), [](char c) {
                       return static_cast<unsigned char>(c) < 0x80;
                     });
  if (!plain) {
    const std::string record = path_record(name);
    header("PaxHeader", record.size(), 'x');
    file_.out() << record;
    pad(record.size());
  }
  header(name, content.size(), '0');
  file_.out() << content;
  pad(content.size());
  digests_ += to_hex(as_view(sha256(content))) + "  " + name + "\n";
  return file_.out() ? Status() : file_.unwritable();
}

Status TarFile::add_file(const std::string& name, const std::string& path) {
  const Mapped mapped(path);
  if (!mapped.is_there()) return invalid_argument("file", "`" + path + "` cannot be read");
  return add(name, mapped.view());
}

Status TarFile::finish() {
  file_.out() << std::string(2 * kBlock, '\0');
  return file_.finish();
}

}  // namespace entente::client
