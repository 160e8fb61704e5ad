# Shared by examples/run, tests/run and .ci/run: packages, configuring and building. Sourced, never run.
# Everything here talks on stderr, so that a program's own output stays clean.
# shellcheck shell=bash disable=SC2034 # the lists of packages are used by those who source this

repo=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../.." && pwd)

# What the scripts need, by the names of Debian 12 and newer and of Ubuntu 24.04. CMake configures the tests together with
# the programs, so catch2 and python3 are needed to build.
packages_build=(g++ cmake ninja-build libopenblas-openmp-dev libfmt-dev nlohmann-json3-dev
  libcli11-dev zlib1g-dev libpng-dev libedit-dev catch2 python3)
# Python 3.10, of Ubuntu 22.04, cannot read TOML by itself.
! grep -qsx 'VERSION_ID="22.04"' /etc/os-release || packages_build+=(python3-tomli)
packages_run=(gnuplot-nox) # draws the training curves
packages_docs=(pngquant)   # makes the pictures of the concepts small
packages_fetch=(curl ca-certificates gzip)
packages_debug=(gdb)
packages_ranks=(openmpi-bin libopenmpi-dev) # several processes that train one model
packages_tests=(curl gzip gdb pandoc python3-numpy "${packages_ranks[@]}")
# The pages of the debugger are tested in a browser. Ubuntu has it as a snap only: there it is used if it is installed.
if grep -qsx 'ID=debian' /etc/os-release; then
  packages_tests+=(chromium nodejs)
  command -v npm >/dev/null || packages_tests+=(npm) # comes with the Node.js of other sources
fi
packages_ci=(clang clang-format llvm libomp-dev git)
packages_tidy=(clang clang-tidy) # tests/tidy/run

say() { printf '%s\n' "$*" >&2; }
fail() { # STATUS MESSAGE...
  local status=$1
  shift
  say "$*"
  exit "$status"
}

# need_packages WHY PACKAGE...: makes sure that the packages are installed. Silent and without root when they are.
need_packages() {
  local why=$1 package state missing=()
  shift
  if ! command -v dpkg-query >/dev/null; then
    [[ -n ${TAPESTRY_NO_DPKG_NOTE:-} ]] ||
      say "note: not a Debian or Ubuntu system; to $why you need what Debian calls: $*"
    export TAPESTRY_NO_DPKG_NOTE=1
    return 0
  fi
  for package in "$@"; do
    state=$(dpkg-query -W -f '${db:Status-Status} ' "$package" 2>/dev/null || true)
    [[ " $state" == *" installed "* ]] || missing+=("$package")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0

  local become_root=()
  if [[ $EUID -ne 0 ]]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
      become_root=(sudo -n)
    elif command -v sudo >/dev/null && [[ -t 0 && -t 2 ]]; then
      become_root=(sudo) # there is somebody who can type the password
    else
      say "to $why, these packages are missing: ${missing[*]}"
      say "they need root to install; type this line, then start again:"
      fail 1 "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
    fi
  fi
  say "installing packages${become_root[0]:+ with sudo}, needed to $why: ${missing[*]}"
  local log
  log=$(mktemp)
  # The lists of a fresh system are empty or old, so they are brought up to date first. That may fail in part, for
  # example for a third-party repository that is gone, and the packages can still be had.
  "${become_root[@]}" apt-get -q -o DPkg::Lock::Timeout=300 update >"$log" 2>&1 </dev/null || true
  if ! "${become_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
    install --no-install-recommends "${missing[@]}" >>"$log" 2>&1 </dev/null; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    say "apt-get could not install them; its last words are above. When that is put right, start again, or type:"
    fail 1 "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  fi
  rm -f "$log"
}

# The run times of clang's sanitizers and of libFuzzer are a package of their own from clang 15 on.
need_sanitizers() { # WHY FLAG...
  local why=$1 folder status=0
  shift
  folder=$(mktemp -d)
  printf 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }\n%s\n' \
    "$([[ $* == *fuzzer* ]] || echo 'int main() {}')" >"$folder/probe.cpp"
  clang++ "$@" "$folder/probe.cpp" -o "$folder/probe" 2>/dev/null || status=1
  rm -rf "$folder"
  [[ $status -eq 0 ]] || need_packages "$why" "libclang-rt-$(clang++ -dumpversion | cut -d. -f1)-dev"
}

# The leak checker cannot run under a debugger or in some containers; the other checks can.
leaks_can_be_checked() {
  local folder result=0
  folder=$(mktemp -d)
  printf 'int main() {}\n' >"$folder/probe.cpp"
  g++ -fsanitize=address "$folder/probe.cpp" -o "$folder/probe"
  if ! ASAN_OPTIONS=detect_leaks=1 "$folder/probe" >"$folder/log" 2>&1 && grep -q LeakSanitizer "$folder/log"; then
    say "note: leaks are not checked, because LeakSanitizer cannot run here (a debugger or a container forbids it)"
    result=1
  fi
  rm -rf "$folder"
  return "$result"
}

# As many compilers at once as there are processors, but each of them needs about 1.5 GB.
build_jobs() {
  local cores memory
  cores=$(env -u OMP_NUM_THREADS nproc) # nproc itself believes that variable
  memory=$(awk '/^MemAvailable/ {print int($2 / 1500000)}' /proc/meminfo 2>/dev/null || true)
  [[ ${memory:-$cores} -ge 1 ]] || memory=1
  echo $((${memory:-$cores} < cores ? memory : cores))
}

# A build folder that was made elsewhere, or -march=native for another processor, is of no use: start over.
drop_stale_build() { # FOLDER
  local folder=$1 home cpu
  [[ -f $folder/CMakeCache.txt ]] || return 0
  home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$folder/CMakeCache.txt")
  if [[ $home != "$repo" ]]; then
    say "build folder ${folder#"$repo"/} was made in another place: starting it over"
    rm -rf "$folder"
    return 0
  fi
  cpu=$(processor)
  if [[ -f $folder/processor && $(<"$folder/processor") != "$cpu" ]]; then
    say "build folder ${folder#"$repo"/} was made for another processor: starting it over"
    rm -rf "$folder"
  fi
}
processor() { grep -m1 -E '^(flags|Features)' /proc/cpuinfo 2>/dev/null | cksum; }

# build PRESET [TARGET...]: configures when needed and builds, with one progress line. The compiler's words are
# shown only when something fails or is worth a warning. TAPESTRY_WERROR=ON turns warnings into errors.
build() {
  local preset=$1 log folder started=$SECONDS targets=() arguments=() status=0
  shift
  folder=$repo/build/$preset
  log=$folder.log
  [[ $# -eq 0 ]] || targets=(--target "$@")
  mkdir -p "$repo/build" && [[ -w $repo/build ]] ||
    { say "cannot write to $repo/build, where the build goes: copy the project to a place of yours"; return 1; }
  exec 8>"$folder.lock"
  flock -n 8 || { say "another build of preset $preset is running: waiting for it"; flock 8; }
  drop_stale_build "$folder"

  # What one build asked for does not stay for the next one.
  if [[ -n ${TAPESTRY_WERROR-} ]] || grep -qs '^TAPESTRY_WERROR:BOOL=ON' "$folder/CMakeCache.txt"; then
    arguments+=("-DTAPESTRY_WERROR=${TAPESTRY_WERROR:-OFF}")
  fi
  # The build itself sees a changed CMakeLists.txt, but not changed presets or arguments.
  if [[ ! -f $folder/build.ninja || $repo/CMakePresets.json -nt $folder/build.ninja || ${#arguments[@]} -gt 0 ]]; then
    if ! (cd "$repo" && CXX=${CXX:-g++} cmake --preset "$preset" "${arguments[@]}") \
      >"$log" 2>&1 </dev/null; then
      cat "$log" >&2
      say "CMake could not configure preset $preset; its words are above"
      return 1
    fi
    processor >"$folder/processor"
  fi

  (cd "$repo" && NINJA_STATUS='[%f/%t] ' nice cmake --build --preset "$preset" --parallel \
    "${CMAKE_BUILD_PARALLEL_LEVEL:-$(build_jobs)}" "${targets[@]}") 8>&- 2>&1 </dev/null |
    show_progress "$preset" "$log" || status=1
  exec 8>&-
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
  if [[ $status -ne 0 ]]; then
    # From the first failure on, without the lines that only say what was compiled.
    if grep -q '^FAILED:\|^ninja: error' "$log"; then
      sed -n '/^FAILED:\|^ninja: error/,$p' "$log" | grep -v '^\[[0-9]*/[0-9]*\] ' >&2
    else
      tail -n 5 "$log" >&2 # ended from outside
    fi
    say "the build of preset $preset failed; the compiler's words are above, all of them in build/$preset.log"
    return 1
  fi
  # Warnings do not stop a build, but somebody who changes the code wants to see them.
  if grep -q 'warning:' "$log"; then grep -v '^\[[0-9]*/[0-9]*\] ' "$log" >&2; fi
  if grep -q -E '^\[[0-9]+/[0-9]+\] (Building|Linking)' "$log"; then
    say "built preset $preset in $((SECONDS - started)) s"
  fi
}

show_progress() { # PRESET LOG: copies stdin to LOG and shows how far ninja is
  local line told=no
  : >"$2"
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$2"
    [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\ (Building|Linking) ]] || continue
    if [[ -t 2 ]]; then
      printf '\rbuilding preset %s: %s of %s \033[K' "$1" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" >&2
    elif [[ $told == no ]]; then
      say "building preset $1: ${BASH_REMATCH[2]} steps"
      told=yes
    fi
  done
}
