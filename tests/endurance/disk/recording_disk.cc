// recording_disk MOUNT BACKING LOG: a file system that keeps its files in BACKING and writes down,
// in LOG and in the order in which they were done, all that changes them and all that makes them
// durable. What a power cut at any moment could have left is built from that by disk_log.py.
// Setting the extended attribute `user.mark` of its root writes a line of the caller's own. It
// serves one call at a time, so that LOG's order is the order of the effects.
//
// Ends when it is unmounted. Needs /dev/fuse.
//
// A record is a line; after `write` follow as many octets as it says:
//   has FILE PATH        was there at the start        create FILE PATH      mkdir PATH    rmdir
//   PATH rename FROM TO       link FROM TO                  unlink PATH           write FILE OFFSET
//   SIZE truncate FILE SIZE   sync FILE                     syncdir PATH          mark TEXT
// FILE is a number of its own; a PATH is relative to the mount and has no blank in it.
#define FUSE_USE_VERSION 34
#include <dirent.h>
#include <fcntl.h>
#include <fuse.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string>
#include <unordered_map>

namespace {

int backing = -1;
int log_file = -1;
std::unordered_map<ino_t, unsigned> files;
unsigned last_file = 0;

// Relative to the backing folder.
const char* below(const char* path) { return path[1] == '\0' ? "." : path + 1; }

int answer(int done) { return done < 0 ? -errno : 0; }

void record(std::string line, const char* content = nullptr, std::size_t size = 0) {
  line += '\n';
  const std::array<iovec, 2> parts = {
      {{line.data(), line.size()},
       // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): writev's own type.
       {const_cast<char*>(content), size}}};
  if (writev(log_file, parts.data(), 2) != static_cast<ssize_t>(line.size() + size)) {
    std::perror("recording_disk: the log");
    std::abort();
  }
}

// Records what was done, if it was.
int recorded(int done, const std::string& line) {
  if (done == 0) record(line);
  return answer(done);
}

unsigned file_of(const struct stat& of) {
  const auto known = files.find(of.st_ino);
  return known == files.end() ? 0 : known->second;
}

unsigned file_of(int fd) {
  struct stat of {};
  return fstat(fd, &of) == 0 ? file_of(of) : 0;
}

int descriptor(const fuse_file_info* info) { return static_cast<int>(info->fh); }

int do_getattr(const char* path, struct stat* out, fuse_file_info* /*info*/) {
  return answer(fstatat(backing, below(path), out, AT_SYMLINK_NOFOLLOW));
}

int do_readdir(const char* path, void* out, fuse_fill_dir_t fill, off_t /*from*/,
               fuse_file_info* /*info*/, fuse_readdir_flags /*flags*/) {
  DIR* folder = fdopendir(openat(backing, below(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder == nullptr) return -errno;
  while (const dirent* one = readdir(folder)) {
    fill(out, one->d_name, nullptr, 0, static_cast<fuse_fill_dir_flags>(0));
  }
  closedir(folder);
  return 0;
}

int do_open(const char* path, fuse_file_info* info) {
  const int fd = openat(backing, below(path), (info->flags & ~O_TRUNC) | O_CLOEXEC);
  if (fd < 0) return -errno;
  info->fh = static_cast<std::uint64_t>(fd);
  return 0;
}

int do_create(const char* path, mode_t mode, fuse_file_info* info) {
  const int fd = openat(backing, below(path), info->flags | O_CREAT | O_CLOEXEC, mode);
  if (fd < 0) return -errno;
  struct stat of {};
  fstat(fd, &of);
  files[of.st_ino] = ++last_file;
  record("create " + std::to_string(last_file) + " " + below(path));
  info->fh = static_cast<std::uint64_t>(fd);
  return 0;
}

int do_release(const char* /*path*/, fuse_file_info* info) {
  return answer(close(descriptor(info)));
}

int do_read(const char* /*path*/, char* out, std::size_t size, off_t at, fuse_file_info* info) {
  const ssize_t got = pread(descriptor(info), out, size, at);
  return got < 0 ? -errno : static_cast<int>(got);
}

int do_write(const char* /*path*/, const char* content, std::size_t size, off_t at,
             fuse_file_info* info) {
  // Asked to append, pwrite heeds no offset; the kernel gave the one that is meant.
  const int fd = descriptor(info);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_APPEND);
  const ssize_t put = pwrite(fd, content, size, at);
  if (put < 0) return -errno;
  record(
      "write " + std::to_string(file_of(fd)) + " " + std::to_string(at) + " " + std::to_string(put),
      content, static_cast<std::size_t>(put));
  return static_cast<int>(put);
}

int do_truncate(const char* path, off_t size, fuse_file_info* info) {
  struct stat of {};
  if (fstatat(backing, below(path), &of, 0) != 0) return -errno;
  const int fd =
      info != nullptr ? descriptor(info) : openat(backing, below(path), O_WRONLY | O_CLOEXEC);
  const int done = ftruncate(fd, size);
  const int result =
      recorded(done, "truncate " + std::to_string(file_of(of)) + " " + std::to_string(size));
  if (info == nullptr) close(fd);
  return result;
}

int do_fallocate(const char* /*path*/, int mode, off_t at, off_t size, fuse_file_info* info) {
  const int fd = descriptor(info);
  struct stat before {};
  fstat(fd, &before);
  if (fallocate(fd, mode, at, size) != 0) return -errno;
  struct stat after {};
  fstat(fd, &after);
  // What it sets aside holds nothing; that it grew is to be seen.
  if (after.st_size != before.st_size) {
    record("truncate " + std::to_string(file_of(fd)) + " " + std::to_string(after.st_size));
  }
  return 0;
}

int do_fsync(const char* /*path*/, int /*data_only*/, fuse_file_info* info) {
  record("sync " + std::to_string(file_of(descriptor(info))));
  return 0;
}

int do_fsyncdir(const char* path, int /*data_only*/, fuse_file_info* /*info*/) {
  record(std::string("syncdir ") + below(path));
  return 0;
}

int do_mkdir(const char* path, mode_t mode) {
  return recorded(mkdirat(backing, below(path), mode), std::string("mkdir ") + below(path));
}

int do_rmdir(const char* path) {
  return recorded(unlinkat(backing, below(path), AT_REMOVEDIR),
                  std::string("rmdir ") + below(path));
}

// Sockets are of the running system, not of the disk: they are made, and not recorded.
int do_mknod(const char* path, mode_t mode, dev_t device) {
  if (!S_ISSOCK(mode)) return -EPERM;
  return answer(mknodat(backing, below(path), mode, device));
}

int do_unlink(const char* path) {
  struct stat of {};
  if (fstatat(backing, below(path), &of, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(of.st_mode)) {
    return answer(unlinkat(backing, below(path), 0));
  }
  return recorded(unlinkat(backing, below(path), 0), std::string("unlink ") + below(path));
}

int do_rename(const char* from, const char* to, unsigned flags) {
  return recorded(renameat2(backing, below(from), backing, below(to), flags),
                  std::string("rename ") + below(from) + " " + below(to));
}

int do_link(const char* from, const char* to) {
  return recorded(linkat(backing, below(from), backing, below(to), 0),
                  std::string("link ") + below(from) + " " + below(to));
}

int do_chmod(const char* path, mode_t mode, fuse_file_info* /*info*/) {
  return answer(fchmodat(backing, below(path), mode, 0));
}

int do_chown(const char* path, uid_t user, gid_t group, fuse_file_info* /*info*/) {
  return answer(fchownat(backing, below(path), user, group, AT_SYMLINK_NOFOLLOW));
}

int do_utimens(const char* path, const timespec times[2], fuse_file_info* /*info*/) {
  return answer(utimensat(backing, below(path), times, AT_SYMLINK_NOFOLLOW));
}

int do_statfs(const char* /*path*/, struct statvfs* out) { return answer(fstatvfs(backing, out)); }

int do_setxattr(const char* /*path*/, const char* name, const char* text, std::size_t size,
                int /*flags*/) {
  if (std::string(name) != "user.mark") return -ENOTSUP;
  record("mark " + std::string(text, size));
  return 0;
}

fuse_operations operations() {
  fuse_operations ours{};
  ours.getattr = do_getattr;
  ours.readdir = do_readdir;
  ours.open = do_open;
  ours.create = do_create;
  ours.release = do_release;
  ours.read = do_read;
  ours.write = do_write;
  ours.truncate = do_truncate;
  ours.fallocate = do_fallocate;
  ours.fsync = do_fsync;
  ours.fsyncdir = do_fsyncdir;
  ours.mkdir = do_mkdir;
  ours.mknod = do_mknod;
  ours.rmdir = do_rmdir;
  ours.unlink = do_unlink;
  ours.rename = do_rename;
  ours.link = do_link;
  ours.chmod = do_chmod;
  ours.chown = do_chown;
  ours.utimens = do_utimens;
  ours.statfs = do_statfs;
  ours.setxattr = do_setxattr;
  return ours;
}

void record_what_is_there(const std::filesystem::path& root) {
  for (const auto& one : std::filesystem::recursive_directory_iterator(root)) {
    struct stat of {};
    if (!one.is_regular_file() || stat(one.path().c_str(), &of) != 0) continue;
    files[of.st_ino] = ++last_file;
    record("has " + std::to_string(last_file) + " " + one.path().lexically_relative(root).string());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "recording_disk MOUNT BACKING LOG\n");
    return 2;
  }
  backing = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  log_file = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (backing < 0 || log_file < 0) {
    std::perror("recording_disk");
    return 1;
  }
  record_what_is_there(argv[2]);
  std::string program = argv[0];
  std::string foreground = "-f";
  std::string alone = "-s";
  std::string mount = argv[1];
  std::array<char*, 5> words = {program.data(), foreground.data(), alone.data(), mount.data(),
                                nullptr};
  const fuse_operations ours = operations();
  return fuse_main(4, words.data(), &ours, nullptr);
}
