#!/usr/bin/env bash
# fetch_mnist.sh DIR: puts the four files of MNIST into DIR, as .gz, each checked by the SHA-256 of its content.
#
# TAPESTRY_MNIST_MIRRORS  base addresses to try in this order, separated by spaces
# TAPESTRY_MNIST_SHA256   a file with "sum  name" lines instead of the sums below (the tests use it)
#
# A file is written to NAME.gz.part, continued there when a download was interrupted, and renamed when it is whole and
# right. Exit status: 0 all four files are there, 1 they are not, 2 wrong use.
set -euo pipefail

sums='
ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db  train-images-idx3-ubyte
65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5  train-labels-idx1-ubyte
0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7  t10k-images-idx3-ubyte
ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2  t10k-labels-idx1-ubyte
'
mirrors='https://ossci-datasets.s3.amazonaws.com/mnist https://storage.googleapis.com/cvdf-datasets/mnist'

say() { printf '%s\n' "$*" >&2; }

[[ $# -eq 1 && $1 != -* ]] || { say "usage: fetch_mnist.sh DIR"; exit 2; }
dir=$1
if [[ -n ${TAPESTRY_MNIST_SHA256-} ]]; then sums=$(<"$TAPESTRY_MNIST_SHA256"); fi
read -r -a mirrors <<<"${TAPESTRY_MNIST_MIRRORS-$mirrors}"
unreachable=() # mirrors that gave no answer are not asked again

scratch=$(mktemp -d)
transfer=
trap '[[ -z $transfer ]] || kill "$transfer" 2>/dev/null || true; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

size() { if [[ -f $1 ]]; then stat -c %s -- "$1"; else echo 0; fi; }
host() { local rest=${1#*://}; echo "${rest%%/*}"; }

# check FILE NAME: says nothing when FILE holds the right content, else what is the matter with it.
check() {
  local sum want unpack=(gzip -dc)
  [[ $1 != *-ubyte ]] || unpack=(cat)
  want=$(awk -v name="$2" '{sub(/.*\//, "", $2)} $2 == name {print $1}' <<<"$sums")
  if ! sum=$("${unpack[@]}" <"$1" 2>"$scratch/gzip" | sha256sum); then
    if grep -q 'unexpected end of file' "$scratch/gzip"; then echo truncated; else echo "not a gzip file"; fi
  elif [[ ${sum%% *} != "$want" ]]; then
    echo "the wrong file"
  fi
}

# download URL FILE: continues FILE from its present size, showing how far it is. Returns curl's exit status.
download() {
  local url=$1 file=$2 had total=0 now status=0
  had=$(size "$file")
  : >"$scratch/headers"
  # A mirror that does not connect, or stands still, costs seconds.
  curl -sSfL --connect-timeout 5 --speed-limit 500 --speed-time 10 -C - -D "$scratch/headers" \
    -o "$file" -- "$url" 2>"$scratch/curl" </dev/null &
  transfer=$!
  if [[ -t 2 ]]; then
    while kill -0 "$transfer" 2>/dev/null; do
      # The last Content-Length is that of the file itself; redirections come before it.
      total=$(tr -d '\r' <"$scratch/headers" | awk 'tolower($1) == "content-length:" {n = $2} END {print n + 0}')
      now=$(size "$file")
      if [[ $total -gt 0 ]]; then bar "$now" $((had + total)); else printf '\r  asking %s \033[K' "$(host "$url")" >&2; fi
      sleep 0.1
    done
    printf '\r\033[K' >&2
  fi
  wait "$transfer" || status=$?
  transfer=
  return "$status"
}

bar() { # BYTES TOTAL
  local width=30 filled
  filled=$(($1 * width / $2))
  [[ $filled -le $width ]] || filled=$width
  local full=${bar_full:0:filled} empty=${bar_empty:0:width-filled}
  printf '\r  [%s%s] %s of %s kB \033[K' "$full" "$empty" $(($1 / 1000)) $(($2 / 1000)) >&2
}
bar_full='##############################'
bar_empty='..............................'

# fetch NAME: asks one mirror after the other until NAME.gz is here and right; else sets reason and returns 1.
fetch() {
  local name=$1 file=$dir/$1.gz part=$dir/$1.gz.part mirror had status problem
  for mirror in "${mirrors[@]}"; do
    [[ " ${unreachable[*]-} " != *" $mirror "* ]] || continue
    # At most three attempts at each mirror: the continued one, the one from the start, and one in reserve.
    for _ in 1 2 3; do
      had=$(size "$part")
      [[ $had -eq 0 ]] || say "$name.gz: going on at $((had / 1000)) kB"
      status=0
      download "${mirror%/}/$name.gz" "$part" || status=$?
      if [[ $status -eq 22 ]] && grep -q ' 416' "$scratch/curl"; then
        status=33 # nothing comes after our part: it is no beginning of that mirror's file
      fi
      case $status in
        0)
          problem=$(check "$part" "$name")
          if [[ -z $problem ]]; then
            mv -f -- "$part" "$file"
            say "$name.gz: $(($(size "$file") / 1000)) kB from $(host "$mirror")"
            return 0
          fi
          rm -f -- "$part"
          if [[ $had -eq 0 ]]; then
            say "$name.gz: what $(host "$mirror") sent is $problem; removed it"
            break
          fi
          say "$name.gz: the earlier part does not fit to what $(host "$mirror") has; starting over"
          ;;
        33 | 36) # the mirror cannot continue a download
          rm -f -- "$part"
          [[ $had -gt 0 ]] || break
          say "$name.gz: $(host "$mirror") cannot continue the earlier part; starting over"
          ;;
        22)
          say "$name.gz: $(host "$mirror") answers $(sed -n 's/.*returned error: *//p' "$scratch/curl")"
          break
          ;;
        23) # a full disk, for example: no other mirror helps
          reason="cannot write to $dir (is the disk full?)"
          return 1
          ;;
        *)
          if [[ $(size "$part") -eq $had ]]; then # not one byte came
            # These numbers say that there was a connection; all others, that the mirror is dead for us.
            if [[ $status -eq 18 || $status -eq 52 || $status -eq 56 ]]; then
              say "$name.gz: $(host "$mirror") sent nothing"
            else
              unreachable+=("$mirror")
            fi
            break
          fi
          say "$name.gz: interrupted at $(($(size "$part") / 1000)) kB"
          ;;
      esac
    done
  done
  reason="no mirror has a good $name.gz"
  if [[ ${#unreachable[@]} -eq ${#mirrors[@]} ]]; then reason="no mirror answers (is there a network?)"; fi
  if [[ -f $part ]]; then reason+="; a later run goes on where this one stopped"; fi
  return 1
}

give_up() { # REASON
  say "MNIST was not fetched: $1"
  exit 1
}

for tool in curl gzip sha256sum flock; do
  command -v "$tool" >/dev/null || give_up "the program '$tool' is missing"
done
mkdir -p -- "$dir" 2>/dev/null || give_up "cannot make the folder $dir"
[[ -w $dir ]] || give_up "cannot write to $dir"
# One download at a time; a second one waits, and then finds everything there.
exec 9>"$dir/.lock"
flock -n 9 || { say "another download into $dir is running: waiting for it"; flock 9; }

for name in {train,t10k}-{images-idx3,labels-idx1}-ubyte; do
  if [[ -f $dir/$name ]]; then # unpacked by somebody
    [[ -z $(check "$dir/$name" "$name") ]] || give_up "$dir/$name is not MNIST's; remove it and start again"
    continue
  fi
  if [[ -f $dir/$name.gz ]]; then
    problem=$(check "$dir/$name.gz" "$name")
    [[ -n $problem ]] || continue
    say "$name.gz: what is in $dir is $problem; removed it"
    rm -f -- "$dir/$name.gz"
  fi
  # A part can be whole already, when the last run was stopped just before it was renamed.
  if [[ -s $dir/$name.gz.part && -z $(check "$dir/$name.gz.part" "$name") ]]; then
    mv -f -- "$dir/$name.gz.part" "$dir/$name.gz"
    continue
  fi
  fetch "$name" || give_up "$reason"
done
say "MNIST is in $dir: 4 files, checked"
