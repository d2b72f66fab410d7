#!/bin/sh
# Criterion, which runs the tests, and Open MPI need shared memory. Say so in one line where there is
# none, or less than they need, before every test program dies without a reason.
set -u

mib=4 # the test programs take less than 1, ranks of MPI some
probe=/dev/shm/glovebox-test.$$
trap 'rm -f "$probe"' EXIT
if [ ! -d /dev/shm ]; then
    problem="is missing"
elif ! (: >"$probe") 2>/dev/null; then
    problem="cannot be written to"
elif ! head -c $((mib << 20)) /dev/zero 2>/dev/null >"$probe"; then
    problem="has less than $mib MiB free"
else
    exit 0
fi
echo "the tests cannot run: they need shared memory, but /dev/shm $problem (mount -t tmpfs tmpfs /dev/shm, or docker run --shm-size=64m)" >&2
exit 1
