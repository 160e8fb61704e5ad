// A library for LD_PRELOAD that makes one call to the system fail, the n-th of its kind, and counts them.
//
//     TORTURE_CALL    alloc, open, write, fsync, rename, thread, read or spawn
//     TORTURE_AT      n, from 1; 0 = count only
//     TORTURE_ERRNO   what the call fails with
//     TORTURE_ALL     if set, every call from the n-th on fails, as on a full disk
//     TORTURE_KILL    if set, the process is killed there instead (SIGKILL)
//     TORTURE_REPORT  file: at the fault "failed WHO", where WHO is the program or library that asked;
//                     at the end "calls N"
//     TORTURE_CLOCK   seconds that the calendar is set back, once, after the first look at it
//     TORTURE_SERVER  if set, main is called in a forked child for each line of standard input, see serve()
//
// Counting begins with main. Programs that are started from there are left alone.
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
}

namespace {

long at = 0, calls = 0;
int error = EIO, jump = 0;
bool all = false, kills = false, watching = false;
char call[16], report[4096];

// Frames of this library, of the C and C++ libraries: those who ask on behalf of others.
bool is_messenger(const char* object) {
  const char* const messengers[] = {"libtorture_faults", "libstdc++", "libc.so", "libfmt",
                                    "libpthread"};
  for (const char* name : messengers)
    if (strstr(object, name)) return true;
  return false;
}

void write_report(const char* word, const char* text) {
  if (!report[0]) return;
  char line[4200];
  const int length = snprintf(line, sizeof line, "%s %s\n", word, text);
  static const auto real_open =
      reinterpret_cast<int (*)(const char*, int, ...)>(dlsym(RTLD_NEXT, "open"));
  static const auto real_write =
      reinterpret_cast<ssize_t (*)(int, const void*, size_t)>(dlsym(RTLD_NEXT, "write"));
  const int file = real_open(report, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) return;
  if (real_write(file, line, static_cast<size_t>(length)) < 0) {}
  close(file);
}

void write_who() {
  void* frames[64];
  const int depth = backtrace(frames, 64);
  const char* who = "?";
  for (int i = 0; i < depth; ++i) {
    Dl_info info;
    if (!dladdr(frames[i], &info) || !info.dli_fname || is_messenger(info.dli_fname)) continue;
    who = info.dli_fname;
    break;
  }
  write_report("failed", who);
}

// True if this call, of this kind, is to fail; errno is then set.
bool fails(const char* kind) {
  if (!watching || strcmp(kind, call) != 0) return false;
  const long n = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
  if (at == 0 || n < at || (n > at && !all)) return false;
  if (n == at) {
    watching = false;  // what the report asks for is not counted
    write_who();
    watching = true;
  }
  if (kills) kill(getpid(), SIGKILL);
  errno = error;
  return true;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

int (*program)(int, char**, char**) = nullptr;

long number(const char* name) {
  const char* text = getenv(name);
  return text ? atol(text) : 0;
}

// Calls main once for each line of standard input, in a child: what the loader did need not be done
// again. Fields of a line, with '\x1f' between them: call, at, errno, all, report, file for standard
// output, file for standard error, arguments. Answers "PID\n" and, when the child has ended, its
// "STATUS\n" as waitpid gives it.
int serve(char** argv, char** environment) {
  static char line[1 << 14];
  while (fgets(line, sizeof line, stdin)) {
    const pid_t child = fork();
    if (child > 0) {
      int status = 0;
      dprintf(STDOUT_FILENO, "%d\n", child);
      waitpid(child, &status, 0);
      dprintf(STDOUT_FILENO, "%d\n", status);
      continue;
    }
    char* fields[64] = {};
    int count = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char* rest = line; rest && count < 63;) fields[count++] = strsep(&rest, "\x1f");
    strncpy(call, fields[0], sizeof call - 1);
    at = atol(fields[1]);
    error = atoi(fields[2]);
    all = fields[3][0] == '1';
    strncpy(report, fields[4], sizeof report - 1);
    const auto becomes = [](int number, const char* path, int flags) {
      const int file = open(path, flags | O_CLOEXEC, 0666);
      dup2(file, number);
      close(file);
    };
    becomes(STDIN_FILENO, "/dev/null", O_RDONLY);
    becomes(STDOUT_FILENO, fields[5], O_WRONLY | O_CREAT | O_TRUNC);
    becomes(STDERR_FILENO, fields[6], O_WRONLY | O_CREAT | O_TRUNC);
    fields[6] = argv[0];
    watching = true;
    return program(count - 6, fields + 6, environment);
  }
  watching = false;
  _exit(0);
}

int watched_main(int argc, char** argv, char** environment) {
  if (getenv("TORTURE_SERVER")) return serve(argv, environment);
  watching = true;
  return program(argc, argv, environment);
}

__attribute__((constructor)) void begin() {
  if (const char* text = getenv("TORTURE_CALL")) strncpy(call, text, sizeof call - 1);
  if (const char* text = getenv("TORTURE_REPORT")) strncpy(report, text, sizeof report - 1);
  at = number("TORTURE_AT");
  if (number("TORTURE_ERRNO")) error = static_cast<int>(number("TORTURE_ERRNO"));
  all = getenv("TORTURE_ALL");
  kills = getenv("TORTURE_KILL");
  jump = static_cast<int>(number("TORTURE_CLOCK"));
  unsetenv("LD_PRELOAD");
  void* frames[4];
  backtrace(frames, 4);  // loads what it needs
}

__attribute__((destructor)) void end() {
  watching = false;
  char text[32];
  snprintf(text, sizeof text, "%ld", calls);
  if (at == 0) write_report("calls", text);
}

// The calendar as it was at the first look, and set back from the second on.
time_t back(time_t now) {
  static long looks = 0;
  return jump != 0 && __atomic_add_fetch(&looks, 1, __ATOMIC_RELAXED) > 1 ? now - jump : now;
}

}  // namespace

extern "C" {

int __libc_start_main(int (*main)(int, char**, char**), int argc, char** argv, void (*init)(),
                      void (*fini)(), void (*rtld_fini)(), void* stack) {
  using Start =
      int(int (*)(int, char**, char**), int, char**, void (*)(), void (*)(), void (*)(), void*);
  program = main;
  return next<Start>("__libc_start_main")(watched_main, argc, argv, init, fini, rtld_fini, stack);
}

void* malloc(size_t size) { return fails("alloc") ? nullptr : __libc_malloc(size); }
void* calloc(size_t n, size_t size) { return fails("alloc") ? nullptr : __libc_calloc(n, size); }
void* realloc(void* old, size_t size) {
  return fails("alloc") ? nullptr : __libc_realloc(old, size);
}
void* memalign(size_t alignment, size_t size) {
  return fails("alloc") ? nullptr : __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void** memory, size_t alignment, size_t size) {
  void* const got = memalign(alignment, size);
  if (!got) return ENOMEM;
  *memory = got;
  return 0;
}

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  static const auto real = next<int(const char*, int, ...)>("open");
  return fails("open") ? -1 : real(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  static const auto real = next<int(const char*, int, ...)>("open64");
  return fails("open") ? -1 : real(path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  static const auto real = next<int(int, const char*, int, ...)>("openat");
  return fails("open") ? -1 : real(folder, path, flags, mode);
}
FILE* fopen(const char* path, const char* mode) {
  static const auto real = next<FILE*(const char*, const char*)>("fopen");
  return fails("open") ? nullptr : real(path, mode);
}
FILE* fopen64(const char* path, const char* mode) {
  static const auto real = next<FILE*(const char*, const char*)>("fopen64");
  return fails("open") ? nullptr : real(path, mode);
}
ssize_t read(int file, void* to, size_t size) {
  static const auto real = next<ssize_t(int, void*, size_t)>("read");
  return fails("read") ? -1 : real(file, to, size);
}
ssize_t write(int file, const void* from, size_t size) {
  static const auto real = next<ssize_t(int, const void*, size_t)>("write");
  if (!fails("write")) return real(file, from, size);
  // A disk that fills up takes a part first.
  if (error == ENOSPC && size > 1 && !all) return real(file, from, size / 2);
  return -1;
}
ssize_t writev(int file, const struct iovec* parts, int count) {
  static const auto real = next<ssize_t(int, const struct iovec*, int)>("writev");
  return fails("write") ? -1 : real(file, parts, count);
}
int fsync(int file) {
  static const auto real = next<int(int)>("fsync");
  return fails("fsync") ? -1 : real(file);
}
int rename(const char* from, const char* to) {
  static const auto real = next<int(const char*, const char*)>("rename");
  return fails("rename") ? -1 : real(from, to);
}
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                   void* argument) {
  static const auto real =
      next<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create");
  return fails("thread") ? errno : real(thread, attributes, start, argument);
}
int posix_spawnp(pid_t* child, const char* file, const posix_spawn_file_actions_t* actions,
                 const posix_spawnattr_t* attributes, char* const argv[],
                 char* const environment[]) {
  static const auto real =
      next<int(pid_t*, const char*, const posix_spawn_file_actions_t*, const posix_spawnattr_t*,
               char* const[], char* const[])>("posix_spawnp");
  return fails("spawn") ? errno : real(child, file, actions, attributes, argv, environment);
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  static const auto real = next<int(clockid_t, struct timespec*)>("clock_gettime");
  const int status = real(clock, now);
  if (clock == CLOCK_REALTIME) now->tv_sec = back(now->tv_sec);
  return status;
}
int gettimeofday(struct timeval* now, void* zone) {
  static const auto real = next<int(struct timeval*, void*)>("gettimeofday");
  const int status = real(now, zone);
  now->tv_sec = back(now->tv_sec);
  return status;
}
time_t time(time_t* to) {
  static const auto real = next<time_t(time_t*)>("time");
  const time_t now = back(real(nullptr));
  if (to) *to = now;
  return now;
}

}  // extern "C"
