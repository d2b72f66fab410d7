#!/bin/sh
# Print how many compilers to run at once: one a processor, but no more than fit into memory, also in
# a container (the limits of control groups of both versions, as far as they show at the usual place).
set -u

# The number at the start of the first file that is there; nothing if it is "max" or negative.
number() {
    for file in "$@"; do
        [ -r "$file" ] && sed -n '1s/^\([0-9][0-9]*\)\([^0-9].*\)*$/\1/p' "$file" && return
    done
}
groups=/sys/fs/cgroup
jobs=$(nproc 2>/dev/null || echo 1)

quota=$(number $groups/cpu.max $groups/cpu/cpu.cfs_quota_us)
period=100000
[ -r $groups/cpu.max ] && period=$(sed 's/.* //' $groups/cpu.max)
if [ -n "$quota" ] && [ "$quota" -gt 0 ] && [ $(((quota + period - 1) / period)) -lt "$jobs" ]; then
    jobs=$(((quota + period - 1) / period))
fi

mib=$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo 2>/dev/null)
mib=$((${mib:-4194304} / 1024))
limit=$(number $groups/memory.max $groups/memory/memory.limit_in_bytes)
# a limit without a value has 19 digits
if [ -n "$limit" ] && [ ${#limit} -lt 16 ] && [ $((limit >> 20)) -lt "$mib" ]; then
    mib=$((limit >> 20))
fi
# the largest files take 380 MiB
[ $((mib / 400)) -ge "$jobs" ] || jobs=$((mib / 400))
[ "$jobs" -ge 1 ] || jobs=1
echo "$jobs"
