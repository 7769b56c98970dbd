# Shared by the shell tests: temporary folder, the program under test, and expectations that count.
daogou=$(realpath "${1:-build/daogou}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_DATA_HOME=$work/data NO_COLOR=1
passed=0 failed=0

good() { passed=$((passed + 1)); }
bad() {
  failed=$((failed + 1))
  echo "FAILED: $1"
  [ -s "$work/out" ] && { echo "  stdout:"; head -c 600 "$work/out" | sed 's/^/    /'; }
  [ -s "$work/err" ] && { echo "  stderr:"; head -c 600 "$work/err" | sed 's/^/    /'; }
  return 0
}
# run COMMAND...: output in $work/out and $work/err, exit code in $code
run() {
  "$@" >"$work/out" 2>"$work/err" </dev/null
  code=$?
}
# expect NAME CODE [PATTERN in stderr] : of the last run
expect() {
  if [ "$code" != "$2" ]; then bad "$1: exit code $code, expected $2"
  elif [ -n "${3:-}" ] && ! grep -Eqi -- "$3" "$work/err"; then bad "$1: stderr does not match /$3/"
  else good; fi
}
# one sentence: a failure prints one line on stderr
expect_one_line() {
  local lines
  lines=$(grep -vc '^note:' "$work/err")
  if [ "$lines" = 1 ]; then good; else bad "$1: $lines lines on stderr instead of one"; fi
}
expect_out() { if grep -Eq -- "$2" "$work/out"; then good; else bad "$1: stdout does not match /$2/"; fi; }
expect_no_out() { if grep -Eq -- "$2" "$work/out"; then bad "$1: stdout matches /$2/"; else good; fi; }
finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}
