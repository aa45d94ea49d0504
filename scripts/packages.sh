# The packages of the system that Caduceus needs, by what needs them. Sourced by the other scripts.
run_packages="libmicrohttpd-dev libcurl4-openssl-dev libsqlite3-dev node-marked node-dompurify libjs-highlight.js"
test_packages="$run_packages gcc make python3 python3-venv chromium fonts-dejavu-core"

# Installs what is missing; says what to do when it may not.
install_missing() {
  missing=""
  for package in "$@"; do
    state=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null) || state=""
    [ "$state" = installed ] || missing="$missing $package"
  done
  [ -z "$missing" ] && return 0
  if [ "$(id -u)" -ne 0 ]; then
    echo "These packages are missing:$missing." >&2
    echo "Install them with: sudo apt-get install$missing" >&2
    return 1
  fi
  echo "Installing:$missing"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

require_swift() {
  command -v swift >/dev/null && return 0
  echo "There is no swift on the PATH. Install Swift 6.2 or later from https://www.swift.org/install." >&2
  return 1
}
