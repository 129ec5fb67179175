#!/usr/bin/env bash
# container.sh LAUNCHER FOLDER MEMORY QUOTA CACHE_SIZE [NAME=VALUE]... -- ARGUMENT...
#
# Runs the launcher as a container platform does: a random user without a name and a home directory, a
# read-only root, /tmp without programs, no network, and limits of memory (bytes) and of processor time
# (microseconds of 100,000). FOLDER is writable, and FOLDER/cache has CACHE_SIZE. Exits with 77, and the
# reason, where this is not possible.
set -euo pipefail

skip() {
  printf '%s\n' "$1" >&2
  exit 77
}

launcher=$1 folder=$2 memory=$3 quota=$4 cache=$5
shift 5
variables=()
while [ "$1" != -- ]; do
  variables+=("$1")
  shift
done
shift

if [ "${INSIDE:-}" = 1 ]; then
  mount --make-rprivate /
  ip link set lo up
  mount -t tmpfs -o mode=1777,noexec tmpfs /tmp
  mount -t tmpfs -o mode=0755,uid=123456 tmpfs "$folder"
  mkdir "$folder/cache"
  mount -t tmpfs -o mode=0700,uid=123456,size="$cache" tmpfs "$folder/cache"
  mount -o remount,bind,ro /
  cd "$folder"
  exec setpriv --reuid 123456 --regid 123456 --clear-groups --bounding-set=-all --inh-caps=-all \
    env -i PATH="$PATH" JAVA_HOME="${JAVA_HOME:-}" LANG=de_XX.ISO-8859-1 "${variables[@]}" bash "$launcher" "$@"
fi

[ "$(id -u)" = 0 ] || skip 'Requires root.'
unshare --mount --net true 2>/dev/null || skip 'The kernel refuses namespaces.'
command -v setpriv >/dev/null && command -v ip >/dev/null || skip 'Requires setpriv and ip.'
name=counterpoint-test-$$
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  groups=("/sys/fs/cgroup/$name")
else
  groups=("/sys/fs/cgroup/memory/$name" "/sys/fs/cgroup/cpu/$name")
fi
trap 'rmdir "${groups[@]}" 2>/dev/null || true' EXIT
{
  mkdir "${groups[@]}"
  if [ "${#groups[@]}" = 1 ]; then
    echo "$memory" >"${groups[0]}/memory.max"
    echo "$quota 100000" >"${groups[0]}/cpu.max"
  else
    echo "$memory" >"${groups[0]}/memory.limit_in_bytes"
    echo "$quota" >"${groups[1]}/cpu.cfs_quota_us"
  fi
} 2>/dev/null || skip 'The limits of cgroups cannot be set.'
code=0
(
  for group in "${groups[@]}"; do echo "$BASHPID" >"$group/cgroup.procs"; done
  INSIDE=1 exec unshare --mount --net bash "$0" "$launcher" "$folder" "$memory" "$quota" "$cache" \
    ${variables[@]+"${variables[@]}"} -- "$@"
) || code=$?
exit "$code"
