# Sourced by check-gpu and bench-train: where the programs are, and running them with a limit of time. In a folder that pack-gpu made they lie in
# bin/ with their libraries in lib/; else they are built.
programs() { # TARGET...
  if [ -d bin ]; then return; fi
  scripts/build release "$@"
}
ours() { # SECONDS PROGRAM ARGUMENTS...
  local limit=$1 program=$2
  shift 2
  if [ -d bin ]; then
    LD_LIBRARY_PATH=$PWD/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} timeout "$limit" "bin/$program" "$@"
  elif [ -x "build/$program" ]; then
    timeout "$limit" "build/$program" "$@"
  else
    timeout "$limit" "build/tests/$program" "$@"
  fi
}
