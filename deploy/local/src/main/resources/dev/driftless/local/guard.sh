# Waits for the end of its input, which is the end of the process that started it, however that
# came; then ends the servers of the temporary stack in $1 and removes it.
stack=$1
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

# Sends KILL to all servers, but the signal $1 to PostgreSQL.
end_all() {
  left=0
  for file in "$stack"/run/*.pid; do
    [ -e "$file" ] || continue
    read -r pid start <"$file"
    is_alive "$pid" "$start" || continue
    left=1
    case "$file" in
      */postgres.pid) kill "-$1" "$pid" ;;
      *) kill -KILL "$pid" ;;
    esac 2>/dev/null
  done
}

# QUIT is PostgreSQL's immediate shutdown: as abrupt as KILL, but it frees its shared memory.
end_all QUIT
tries=0
while [ $left = 1 ] && [ $tries -lt 20 ]; do
  sleep 0.1
  tries=$((tries + 1))
  end_all 0
done
end_all KILL

# A process that was only just started may have no pid file yet, but it works below the stack.
if [ -d /proc/self ]; then
  for link in $(find /proc -maxdepth 2 -name cwd -lname "$stack/*" 2>/dev/null); do
    pid=${link#/proc/}
    kill -KILL "${pid%/cwd}" 2>/dev/null
  done
fi

# Whoever used the stack may have mounted a disk below it, and had no time to take it away.
if [ -r /proc/mounts ]; then
  for mounted in $(cut -d ' ' -f 2 /proc/mounts); do
    case "$mounted" in "$stack"/*) umount -l "$mounted" 2>/dev/null ;; esac
  done
fi
rm -rf "$stack" 2>/dev/null || { sleep 1; rm -rf "$stack"; }
