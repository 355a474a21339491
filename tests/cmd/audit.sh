#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pktlint audit of a saved machine: what is shown, what is saved is what was read, the script that
# it writes is one, and what it says of two machines that differ.
set -u

machine=$TOP_SRCDIR/tests/cmd/machine.json
later=$TOP_SRCDIR/tests/cmd/machine-later.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0
# The login must not be that of whoever runs the tests.
unset SSH_CONNECTION NO_COLOR

fail() {
	echo "FAIL: $*"
	failed=1
}

# audit OPTION...: its output in out, its messages, which must be none, in err.
audit() {
	"$PKTLINT" audit --fail-on never "$@" >out 2>err
	status=$?
	[ $status -eq 0 ] || fail "audit $*: status $status"
	[ ! -s err ] || fail "audit $*: $(cat err)"
}

# shows TEXT, hides TEXT: the last output has a line with it, or has none.
shows() {
	grep -qF -- "$1" out || fail "no '$1' in: $(cat out)"
}
hides() {
	! grep -qF -- "$1" out || fail "'$1' in: $(cat out)"
}

audit --from "$machine"
shows "host   Linux 6.12.9, 4 CPUs, read at 2026-11-26T10:00:02Z, rates over 2.0 s"
shows "eth0   igb, 1 Gb/s, mtu 1500, 4 queues, 500 packets/s in, 500 out"
shows "      irq  CPU 0 1 2 3  rps  xps  received"
shows "  q3   65      . . . #    -    3      25 %"
shows "     * /proc/sys/net/ipv4/tcp_reordering = 10 (usually 3)"
shows "2.0/s /proc/net/snmp Udp.RcvbufErrors: datagrams dropped at a full socket"
shows "gone0: it vanished between both readings"
hides "netdev_max_backlog"
hides "processed"
hides "it's"
hides "0 frames"
audit --from "$machine" -v eth0
shows "       /proc/sys/net/core/netdev_max_backlog = 1000"
shows "       ethtool -c eth0: denied"
hides "loopback"
# What a driver has by default was changed by nobody.
for name in aws-ena azure-vf laptop-vpn proxmox; do
	audit --from "$TOP_SRCDIR/tests/hosts/$name.json"
	hides "(usually"
done
audit --from "$machine" "it's"
shows "it's   dummy, mtu 1500, down"

audit --from "$machine" --json
if command -v jq >jq; then
	jq -e '.command == "audit" and .live == false and .frames == 0 and .host.cpus == 4 and
		.host.seconds == 2 and (.host.interfaces | length) == 2 and
		.host.interfaces[1].queues[2] == { name: "q2", irq: 64, irq_cpus: [2], rps_cpus: [],
			xps_cpus: [2], packets: 250 } and
		(.host.settings[] | select(.path | endswith("tcp_reordering"))) == { path:
			"/proc/sys/net/ipv4/tcp_reordering", value: "10", unknown: null,
			usual: "3", changed: true } and
		.host.counters[0].rise == 4' out >jq || fail "the JSON is not as it should be"
fi

# What is saved says the same again.
audit --from "$machine" --save saved.json
mv out first
audit --from saved.json
cmp -s out first || fail "a snapshot that was saved is judged otherwise"
audit --from saved.json --save again.json -q
cmp -s saved.json again.json || fail "a snapshot changes when it is saved again"
[ ! -s out ] || fail "-q prints something"

# As a script it is one, does nothing here, and says how it is called.
audit --from "$machine" --fix-script fix.sh -q
sh -n fix.sh || fail "the script is none"
sh fix.sh >out && sh fix.sh undo >>out || fail "a script with nothing to do fails"
[ ! -s out ] || fail "a script with nothing to do does: $(cat out)"
sh fix.sh nonsense >out 2>&1
[ $? -eq 2 ] || fail "the script takes a word that it does not know"

# So are those of all machines of the tests, and what is live in them can be taken back.
scripts=0
for file in "$TOP_SRCDIR"/tests/hosts/*.json "$TOP_SRCDIR"/tests/hosts/rules/*.json; do
	[ -e "$file" ] || continue
	"$PKTLINT" audit --from "$file" --role l2-ipc -q --fix-script fix.sh --fail-on never
	sh -n fix.sh || fail "the script for '$file' is none"
	! grep "^step '.*' '' '.*' '.*'$" fix.sh || fail "no undo in the script for '$file'"
	! grep "^step '.*' '' '.*'$" fix.sh || fail "no reading back in the script for '$file'"
	scripts=$((scripts + $(grep -c '^step ' fix.sh)))
	case $file in
	*/rules/*) ;;
	*) ! command -v shellcheck >path || shellcheck fix.sh || fail "the script for '$file'" ;;
	esac
done
[ $scripts -gt 0 ] || fail "no script does anything"

# What cannot be seen is said once, of all interfaces, with where to read more.
cat >hidden.json <<'END'
{"schema": "pktlint.host/1", "taken": null, "before": null, "values": {
"/sys/class/net/a/mtu": {"unknown": "not visible from this namespace"},
"/sys/class/net/b/mtu": {"unknown": "not visible from this namespace"},
"ip -d link show a flags": "UP,LOWER_UP",
"ip -d link show a ifindex": "2",
"ip -d link show b flags": "UP,LOWER_UP",
"ip -d link show b ifindex": "3"}}
END
audit --from hidden.json --role l2-ipc
shows "blind  a, b: queues and statistics, since /sys shows another namespace"

# What was not read is not taken for well.
cat >unread.json <<'END'
{"schema": "pktlint.host/1", "taken": null, "values": {
"pktlint interfaces-left-out": "97",
"ip -d link show v0 ifindex": "3", "ip -d link show v0 flags": "UP",
"ip -d link show v0 kind": "veth",
"/sys/class/net/v0/queues": {"unknown": "not visible from this namespace"}}}
END
audit --from unread.json --role l2-ipc
shows "blind  files, features and queues of 97 interfaces, which are too many to read;"
shows "packets are steered to one CPU (rps_cpus is not in the snapshot)"

# Two machines.
audit --diff "$machine" "$later"
shows "ethtool -k eth0 generic-receive-offload: on -> off"
shows "ethtool eth0 speed: 1000 -> (not there)"
shows "2 settings differ, and 1 counter: -v shows them"
hides "RcvbufErrors"
audit --diff -v "$machine" "$later"
shows "/proc/net/snmp Udp.RcvbufErrors: 12 -> 20 (+8)"
audit --diff --json "$machine" "$later"
if command -v jq >jq; then
	jq -e '.schema == "pktlint.host-diff/1" and (.settings | length) == 2 and
		.settings[1].after == null and .counters[0].rise == 8' out >jq ||
		fail "the JSON of differences is not as it should be"
fi
audit --diff "$machine" "$machine"
[ "$(cat out)" = "0 settings differ" ] || fail "a machine differs from itself: $(cat out)"

# Of queues that changed alike there is one line; several numbers have blanks between them.
queues() {
	cat <<-END
	{"schema": "pktlint.host/1", "taken": null, "before": null, "values": {
	"/proc/sys/net/ipv4/tcp_rmem": "4096\\t131072\\t$1",
	"/sys/class/net/a/queues/rx-0/rps_cpus": "$2",
	"/sys/class/net/a/queues/rx-1/rps_cpus": "$2",
	"/sys/class/net/a/queues/rx-10/rps_cpus": "$2",
	"/sys/class/net/a/queues/rx-2/rps_cpus": "$3",
	"/sys/class/net/a/queues/tx-0/xps_cpus": "$2",
	"/sys/class/net/b/queues/rx-0/rps_cpus": "$2"}}
	END
}
queues 5 0 0 >queues0.json
queues 6 3 1 >queues1.json
audit --diff queues0.json queues1.json
shows "/proc/sys/net/ipv4/tcp_rmem: 4096 131072 5 -> 4096 131072 6"
shows "/sys/class/net/a/queues/rx-*/rps_cpus of 3 queues: 0 -> 3"
shows "/sys/class/net/a/queues/rx-2/rps_cpus: 0 -> 1"
shows "/sys/class/net/a/queues/tx-0/xps_cpus: 0 -> 3"
shows "/sys/class/net/b/queues/rx-0/rps_cpus: 0 -> 3"
shows "7 settings differ"
audit --diff --json queues0.json queues1.json
if command -v jq >jq; then
	jq -e '(.settings | length) == 7 and .settings[0].after == "4096 131072 6"' out >jq ||
		fail "the JSON of differences has no line a queue"
fi

exit $failed
