#!/bin/sh
# Several hosts on one machine: network namespaces on a bridge, each with its own address, host name,
# System V IPC and /dev/shm, so that ranks on different ones meet over TCP only. Root, iproute2.
#
#   hosts.sh up N                 make hosts 1 .. N; prints nothing if all is well
#   hosts.sh run HOST COMMAND...  run a command there
#   hosts.sh mpirun ARGUMENT...   mpirun on host 1; --host "$(hosts.sh list N SLOTS)" names the others
#   hosts.sh list N SLOTS         10.77.K.1:SLOTS,...
#   hosts.sh cut HOST             pull its plug;  mend HOST: put it back
#   hosts.sh kill HOST            kill all that runs there
#   hosts.sh down                 kill all, and remove everything
#
# K, the number of the network, is $GLOVEBOX_NET [1]: several can be up at a time.
set -eu

net=${GLOVEBOX_NET:-1}
self=$(readlink -f "$0")
host() { echo "gv$net-$1"; }
address() { echo "10.77.$net.$1"; }

up() {
    ip netns add "$(host sw)"
    ip -n "$(host sw)" link add br0 type bridge
    ip -n "$(host sw)" link set br0 up
    i=1
    while [ "$i" -le "$1" ]; do
        ip netns add "$(host "$i")"
        ip link add "gv${net}h$i" netns "$(host "$i")" type veth peer name "p$i" netns "$(host sw)"
        ip -n "$(host sw)" link set "p$i" master br0 up
        ip -n "$(host "$i")" address add "$(address "$i")/24" dev "gv${net}h$i"
        ip -n "$(host "$i")" link set "gv${net}h$i" up
        ip -n "$(host "$i")" link set lo up
        # how often TCP tries before a connection is dead: with the default mpirun's own take a
        # quarter of an hour to notice that a host is gone while something is on its way
        nsenter --net="/run/netns/$(host "$i")" sh -c 'echo 4 >/proc/sys/net/ipv4/tcp_retries2'
        i=$((i + 1))
    done
}

# The command sees the host's name, and shared memory of its own.
run() {
    name=$(host "$1")
    shift
    exec nsenter --net="/run/netns/$name" unshare --uts --ipc --mount sh -c \
        'hostname "$0"; mount -t tmpfs none /dev/shm; exec "$@"' "$name" "$@"
}

# What mpirun calls for ssh: ADDRESS COMMAND...
rsh() {
    number=${1##*.}
    shift
    run "$number" sh -c "$*"
}

# Keepalive finds a daemon that is gone in some seconds; by default it takes minutes.
start_mpi() {
    root=
    [ "$(id -u)" != 0 ] || root=--allow-run-as-root
    # shellcheck disable=SC2086
    run 1 mpirun.openmpi $root --oversubscribe --bind-to none --map-by node \
        --mca plm rsh --mca plm_rsh_agent "$self rsh" --mca mpi_yield_when_idle 1 \
        --mca btl tcp,self,vader --mca btl_tcp_if_include "10.77.$net.0/24" \
        --mca oob_tcp_if_include "10.77.$net.0/24" --mca oob_tcp_keepalive_time 3 \
        --mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes 2 "$@"
}

list() {
    i=1
    hosts=
    while [ "$i" -le "$1" ]; do
        hosts=$hosts${hosts:+,}$(address "$i"):$2
        i=$((i + 1))
    done
    echo "$hosts"
}

kill_all() {
    pids=$(ip netns pids "$1" 2>/dev/null) || return 0
    # shellcheck disable=SC2086
    [ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
}

down() {
    for name in $(ip netns list | sed -n "s/^\(gv$net-[^ ]*\).*/\1/p"); do
        kill_all "$name"
        ip netns delete "$name"
    done
}

command=$1
shift
case $command in
up) up "$1" ;;
run) run "$@" ;;
rsh) rsh "$@" ;;
mpirun) start_mpi "$@" ;;
list) list "$1" "$2" ;;
cut) ip -n "$(host sw)" link set "p$1" down ;;
mend) ip -n "$(host sw)" link set "p$1" up ;;
kill) kill_all "$(host "$1")" ;;
down) down ;;
*)
    echo "hosts.sh: unknown command $command" >&2
    exit 2
    ;;
esac
