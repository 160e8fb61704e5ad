// Runs a program with less than a user may:
//
//     jail [--read FOLDER_OR_FILE]... -- PROGRAM ARG...
//     jail --build [--read FOLDER]... [--write FOLDER]... [--list FOLDER]... -- PROGRAM ARG...
//
// The first is for a student's program. It computes as it would outside, but is ended by SIGSYS when it
// starts a process, sends a signal, traces another, uses the network, or opens a file for anything but
// reading; and where the kernel has Landlock, it finds no file but those of the folders and the system's
// libraries. The second is for the compiler at a student's file, which needs processes and files: it is
// held to the folders alone; in those of --list it sees names and reads no file. This stops accidents and mischief; it is no proof against a flaw of the
// kernel.

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vector>

namespace {

#if defined(__x86_64__)
constexpr unsigned kMachine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kMachine = AUDIT_ARCH_AARCH64;
#else
#  error "jail: this processor's system calls are not listed here"
#endif

int complain(const char* what) {
  fprintf(stderr, "jail: %s: %s\n", what, strerror(errno));
  return 126;
}

// --- Landlock: which folders there are ---

struct Folders {
  std::vector<const char*> read, write, list;
};

constexpr unsigned long long kReading =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr unsigned long long kAll = (1ULL << 13) - 1;  // what the first version of Landlock knows

bool open_up(int rules, const char* folder, unsigned long long access) {
  const int at = open(folder, O_PATH | O_CLOEXEC);
  if (at < 0) return errno == ENOENT;  // /lib64 is not everywhere
  struct stat what;
  if (fstat(at, &what) == 0 && !S_ISDIR(what.st_mode)) access &= ~LANDLOCK_ACCESS_FS_READ_DIR;
  landlock_path_beneath_attr beneath{};
  beneath.allowed_access = access;
  beneath.parent_fd = at;
  const long done = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
  close(at);
  return done == 0;
}

/// Returns false only when the kernel has Landlock and still refuses.
bool close_all_but(const Folders& folders) {
  if (syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1)
    return true;  // an old kernel
  landlock_ruleset_attr handled{};
  handled.handled_access_fs = kAll;
  const int rules = static_cast<int>(
      syscall(SYS_landlock_create_ruleset, &handled, sizeof handled.handled_access_fs, 0));
  if (rules < 0) return false;
  for (const char* folder :
       {"/usr", "/lib", "/lib64", "/bin", "/proc/self", "/sys/devices/system/cpu"})
    open_up(rules, folder, kReading);
  for (const char* file : {"/etc/ld.so.cache", "/dev/urandom"})
    open_up(rules, file, LANDLOCK_ACCESS_FS_READ_FILE);
  open_up(rules, "/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
  for (const char* folder : folders.read)
    if (!open_up(rules, folder, kReading)) return false;
  for (const char* folder : folders.list)
    if (!open_up(rules, folder, LANDLOCK_ACCESS_FS_READ_DIR)) return false;
  for (const char* folder : folders.write)
    if (!open_up(rules, folder, kAll)) return false;
  return syscall(SYS_landlock_restrict_self, rules, 0) == 0;
}

// --- seccomp: which system calls are refused ---

using Filter = std::vector<sock_filter>;

void add(Filter& filter, unsigned code, unsigned value, unsigned char yes = 0,
         unsigned char no = 0) {
  filter.push_back({static_cast<unsigned short>(code), yes, no, value});
}

void load(Filter& filter, size_t place) {
  add(filter, BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(place));
}

/// Ends the program, or with `error` only fails the call.
void refuse(Filter& filter, int error = 0) {
  add(filter, BPF_RET | BPF_K,
      error ? SECCOMP_RET_ERRNO | static_cast<unsigned>(error) : SECCOMP_RET_KILL_PROCESS);
}

void allow(Filter& filter) { add(filter, BPF_RET | BPF_K, SECCOMP_RET_ALLOW); }

/// A call that is refused whatever it is called with. The number is in the accumulator.
void refuse_call(Filter& filter, unsigned number, int error = 0) {
  add(filter, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
  refuse(filter, error);
}

/// A call that is refused when a bit of `bits` in its argument is `set`.
void refuse_bits(Filter& filter, unsigned number, int argument, unsigned bits, bool set) {
  add(filter, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4);
  load(filter, offsetof(seccomp_data, args) + 8 * static_cast<size_t>(argument));
  add(filter, BPF_JMP | BPF_JSET | BPF_K, bits, set ? 0 : 1, set ? 1 : 0);
  refuse(filter);
  allow(filter);
}

Filter filter() {
  Filter f;
  load(f, offsetof(seccomp_data, arch));
  add(f, BPF_JMP | BPF_JEQ | BPF_K, kMachine, 1, 0);
  add(f, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  load(f, offsetof(seccomp_data, nr));
#ifdef __X32_SYSCALL_BIT
  add(f, BPF_JMP | BPF_JGE | BPF_K, __X32_SYSCALL_BIT, 0, 1);
  refuse(f);
#endif
  // Threads are made by clone() with CLONE_THREAD, processes without. clone3() hides its flags, so it
  // is not there, and the C library takes clone().
  refuse_bits(f, SYS_clone, 0, CLONE_THREAD, false);
  refuse_call(f, SYS_clone3, ENOSYS);
  // abort() sends itself a signal; nobody else gets one.
  add(f, BPF_JMP | BPF_JEQ | BPF_K, SYS_tgkill, 0, 4);
  load(f, offsetof(seccomp_data, args));
  add(f, BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(getpid()), 1, 0);
  refuse(f);
  allow(f);
  // A file may be opened to be read.
  constexpr unsigned kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;
  refuse_bits(f, SYS_openat, 2, kWriting, true);
  refuse_call(f, SYS_openat2, ENOSYS);
#ifdef SYS_open
  refuse_bits(f, SYS_open, 1, kWriting, true);
  for (const unsigned call :
       {SYS_fork, SYS_vfork, SYS_creat, SYS_unlink, SYS_rmdir, SYS_rename, SYS_mkdir, SYS_link,
        SYS_symlink, SYS_chmod, SYS_chown, SYS_lchown, SYS_mknod})
    refuse_call(f, call);
#endif
  for (const unsigned call : {SYS_kill,
                              SYS_tkill,
                              SYS_ptrace,
                              SYS_process_vm_readv,
                              SYS_process_vm_writev,
                              SYS_pidfd_open,
                              SYS_pidfd_send_signal,
                              SYS_socket,
                              SYS_socketpair,
                              SYS_unlinkat,
                              SYS_renameat,
                              SYS_renameat2,
                              SYS_mkdirat,
                              SYS_linkat,
                              SYS_symlinkat,
                              SYS_fchmod,
                              SYS_fchmodat,
                              SYS_fchown,
                              SYS_fchownat,
                              SYS_truncate,
                              SYS_mknodat,
                              SYS_mount,
                              SYS_umount2,
                              SYS_unshare,
                              SYS_setns,
                              SYS_setsid,
                              SYS_bpf,
                              SYS_io_uring_setup,
                              SYS_memfd_create,
                              SYS_keyctl,
                              SYS_add_key,
                              SYS_setpriority,
                              SYS_shmget,
                              SYS_msgget,
                              SYS_semget,
                              SYS_rt_sigqueueinfo,
                              SYS_rt_tgsigqueueinfo})
    refuse_call(f, call);
  allow(f);
  return f;
}

bool install(const Filter& calls) {
  const sock_fprog program{static_cast<unsigned short>(calls.size()),
                           const_cast<sock_filter*>(calls.data())};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  Folders folders;
  bool building = false;
  int i = 1;
  for (; i + 1 < argc && strcmp(argv[i], "--") != 0; ++i) {
    const auto is = [&](const char* flag) { return strcmp(argv[i], flag) == 0; };
    if (is("--build"))
      building = true;
    else if (is("--read"))
      folders.read.push_back(argv[++i]);
    else if (is("--write"))
      folders.write.push_back(argv[++i]);
    else if (is("--list"))
      folders.list.push_back(argv[++i]);
    else
      break;
  }
  if (i + 1 >= argc || strcmp(argv[i], "--") != 0) {
    fprintf(stderr, "usage: jail [--build] [--read|--write|--list FOLDER]... -- PROGRAM ARG...\n");
    return 125;
  }
  char** program = argv + i + 1;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return complain("no_new_privs");
  if (!close_all_but(folders)) return complain("landlock");
  if (!building && !install(filter())) return complain("seccomp");
  execv(program[0], program);
  return complain(program[0]);
}
