// A file system under RocksDB whose n-th change fails.
//
// Threads: any.
#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace entente::store {

// Counts calls that change something and decides which of them fail.
class Faults {
 public:
  enum class Kind { Io, NoSpace };

  // The n-th call from now (1 is the next) fails, and `more` after it.
  void arm(std::uint64_t n, std::uint64_t more, Kind kind) {
    kind_ = kind;
    first_ = calls_ + n;
    last_ = first_ + more;
  }
  void disarm() { first_ = last_ = 0; }
  [[nodiscard]] std::uint64_t calls() const { return calls_; }

  [[nodiscard]] rocksdb::IOStatus next() {
    const std::uint64_t call = ++calls_;
    if (first_ == 0 || call < first_ || call > last_) return rocksdb::IOStatus::OK();
    return kind_ == Kind::NoSpace ? rocksdb::IOStatus::NoSpace("injected")
                                  : rocksdb::IOStatus::IOError("injected");
  }

 private:
  std::atomic<std::uint64_t> calls_ = 0;
  std::atomic<std::uint64_t> first_ = 0;
  std::atomic<std::uint64_t> last_ = 0;
  std::atomic<Kind> kind_ = Kind::Io;
};

class FaultyFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, Faults& faults)
      : rocksdb::FSWritableFileOwnerWrapper(std::move(file)), faults_(faults) {}

  using Options = rocksdb::IOOptions;
  using Context = rocksdb::IODebugContext;
  using Verification = rocksdb::DataVerificationInfo;
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const Options& options,
                           Context* context) override {
    rocksdb::IOStatus fault = faults_.next();
    return fault.ok() ? FSWritableFileOwnerWrapper::Append(data, options, context) : fault;
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const Options& options,
                           const Verification& verification, Context* context) override {
    rocksdb::IOStatus fault = faults_.next();
    return fault.ok() ? FSWritableFileOwnerWrapper::Append(data, options, verification, context)
                      : fault;
  }
  rocksdb::IOStatus Sync(const Options& options, Context* context) override {
    rocksdb::IOStatus fault = faults_.next();
    return fault.ok() ? FSWritableFileOwnerWrapper::Sync(options, context) : fault;
  }
  rocksdb::IOStatus Fsync(const Options& options, Context* context) override {
    rocksdb::IOStatus fault = faults_.next();
    return fault.ok() ? FSWritableFileOwnerWrapper::Fsync(options, context) : fault;
  }
  rocksdb::IOStatus Flush(const Options& options, Context* context) override {
    rocksdb::IOStatus fault = faults_.next();
    return fault.ok() ? FSWritableFileOwnerWrapper::Flush(options, context) : fault;
  }

 private:
  Faults& faults_;
};

class FaultyFiles final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultyFiles(Faults& faults)
      : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()), faults_(faults) {}

  [[nodiscard]] const char* Name() const override { return "FaultyFiles"; }

  using File = std::unique_ptr<rocksdb::FSWritableFile>;
  using Context = rocksdb::IODebugContext;
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    File* file, Context* context) override {
    rocksdb::IOStatus status = faults_.next();
    if (status.ok()) status = FileSystemWrapper::NewWritableFile(name, options, file, context);
    if (status.ok()) *file = std::make_unique<FaultyFile>(std::move(*file), faults_);
    return status;
  }
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options, Context* context) override {
    rocksdb::IOStatus fault = faults_.next();
    return fault.ok() ? FileSystemWrapper::RenameFile(from, to, options, context) : fault;
  }
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               Context* context) override {
    rocksdb::IOStatus fault = faults_.next();
    return fault.ok() ? FileSystemWrapper::DeleteFile(name, options, context) : fault;
  }

 private:
  Faults& faults_;
};

}  // namespace entente::store
