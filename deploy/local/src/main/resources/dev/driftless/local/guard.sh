# Waits for the end of its input, which is the end of the process that started it, however that
# came; then ends the servers of the temporary stack in $1 and removes it.
trap '' HUP INT TERM
cat >/dev/null

# A pid file holds the pid and, where /proc tells it, the start time that proves it is still the same process.
is_alive() {
  if [ -d /proc/self ]; then
    fields=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null)
    case "$fields" in Z*) return 1 ;; esac
    [ "$(echo "$fields" | cut -d' ' -f20)" = "$2" ]
  else
    kill -0 "$1" 2>/dev/null
  fi
}

signal_all() {
  left=0
  for file in "$stack"/run/*.pid; do
    [ -e "$file" ] || continue
    read -r pid start <"$file"
    is_alive "$pid" "$start" || continue
    left=1
    # PostgreSQL's immediate shutdown: as abrupt as KILL, but it frees its shared memory.
    case "$1$file" in
      first*postgres.pid) kill -QUIT "$pid" ;;
      again*postgres.pid) ;;
      *) kill -KILL "$pid" ;;
    esac 2>/dev/null
  done
}

stack=$1
signal_all first
tries=0
while [ $left = 1 ] && [ $tries -lt 30 ]; do
  sleep 0.1
  tries=$((tries + 1))
  signal_all again
done
[ $left = 0 ] || signal_all last
rm -rf "$stack" 2>/dev/null || { sleep 1; rm -rf "$stack"; }
