# shellcheck shell=bash
# Sourced by tests that look at a page in headless Chromium, driven by playwright-core.
#
#   need_browser FOLDER "the viewer's page"     sets CHROMIUM and PLAYWRIGHT; FOLDER keeps playwright-core
#
# Prints "skipped: ..." and ends the test where there is no browser, no node or no playwright-core.

need_browser() {
  local folder=$1 what=$2 browser version=1.55.0 # the last line that runs on the Node.js of Debian 12
  skip() {
    echo "skipped: $what is tested in a browser, and $1"
    exit 0
  }
  mkdir -p "$folder"
  for browser in chromium chromium-browser google-chrome; do
    CHROMIUM=$(command -v "$browser") && break
  done
  [[ -n ${CHROMIUM-} ]] || skip "there is none here (package chromium)"
  command -v node >/dev/null || skip "there is no Node.js here (package nodejs)"
  export CHROMIUM
  # Debian has no package of it. It is fetched once; without a network there is no test.
  export PLAYWRIGHT=$folder
  exec 7>"$folder/fetch.lock"
  flock 7
  if [[ ! -d $folder/node_modules/playwright-core ]]; then
    command -v npm >/dev/null || skip "npm, which fetches playwright-core, is not here (package npm)"
    npm install --prefix "$folder" --no-audit --no-fund --no-save "playwright-core@$version" >"$folder/npm.log" 2>&1 ||
      skip "npm could not fetch playwright-core (see $folder/npm.log)"
  fi
  exec 7>&-
}
