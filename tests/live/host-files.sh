#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A snapshot says what the files and nstat(8) say, of interfaces of every kind, to root and to
# nobody; and where /sys is another namespace's, it says nothing of an interface instead of what is
# in there.
. "$TOP_SRCDIR/tests/live/lab.sh"

command -v python3 >/dev/null || skip "'python3' is not installed"
lab_ipv6=no
equal=$lab_work/equal.py
hidden='{"unknown": "not visible from this namespace"}'

# Nobody may read neither the build directory nor the source.
chmod 755 "$lab_work"
cp "$TOP_SRCDIR/tests/hosts/equal.py" "$equal"
cp "$PKTLINT" "$lab_work/pktlint"
export PKTLINT=$lab_work/pktlint
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all
	env PATH=/usr/bin:/bin:/usr/sbin:/sbin)

# snapshot FILE COMMAND...: saved by what the command runs.
snapshot() {
	local file=$1
	shift
	"$@" "$PKTLINT" audit --interval 0 --save - >"$file" 2>"$lab_work/audit.err"
	[ -s "$file" ] || fail "$case: no snapshot: $(cat "$lab_work/audit.err")"
}

# values FILE PATTERN: "PATH: VALUE" of the paths that match.
values() {
	sed -n "s|^\"\\($2\\)\": \\(.*[^,]\\),*\$|\\1: \\2|p" "$1"
}

# links: of every kind that the kernel has, one with steering set.
links() {
	local line
	while read -r line; do
		ip -n "$lab_prefix-A" $line 2>/dev/null || echo "not here: ip $line"
	done <<-'END'
		link add br0 type bridge
		link add v0 numrxqueues 2 numtxqueues 2 type veth peer name v1
		link set v1 master br0 up
		link set v0 up
		tuntap add tap0 mode tap
		tuntap add tun0 mode tun multi_queue
		link add vx0 type vxlan id 7 dstport 4789 remote 10.77.0.2 dev v0
		link add v0.5 link v0 type vlan id 5
		link add mv0 link v0 type macvlan mode bridge
		link add bond0 type bond mode active-backup
		link add dummy0 type dummy
		link add ifb7 type ifb
		link set br0 up
		link set vx0 up mtu 1400
	END
	lab_in A sh -c 'echo 1 >/sys/class/net/v0/queues/rx-1/rps_cpus &&
		echo 256 >/sys/class/net/v0/queues/rx-1/rps_flow_cnt &&
		echo 20000 >/sys/class/net/v0/gro_flush_timeout' || fail "cannot set v0"
}

equal_files() {
	case="namespace, root"
	lab_in A python3 "$equal" || fail "$case"
	case="namespace, nobody"
	if "${nobody[@]}" python3 -c '' 2>/dev/null; then
		lab_in A "${nobody[@]}" python3 "$equal" || fail "$case"
	else
		echo "SKIP: $case: no 'python3' for all users"
	fi
	case="the machine's first"
	python3 "$equal" || python3 "$equal" || fail "$case"
}

set_values() {
	case="what was set"
	snapshot "$lab_work/root.json" lab_in A
	expect "queue" '/sys/class/net/v0/queues/rx-1/rps_cpus: "1"' \
		"$(values "$lab_work/root.json" '/sys/class/net/v0/queues/rx-1/rps_cpus')"
	expect "flows" '/sys/class/net/v0/queues/rx-1/rps_flow_cnt: "256"' \
		"$(values "$lab_work/root.json" '/sys/class/net/v0/queues/rx-1/rps_flow_cnt')"
	expect "namespace" 'pktlint namespace: "other"' \
		"$(values "$lab_work/root.json" 'pktlint namespace')"
	expect "backlog" "/proc/sys/net/core/netdev_max_backlog: $hidden" \
		"$(values "$lab_work/root.json" '/proc/sys/net/core/netdev_max_backlog')"
}

rights() {
	local try
	case="root and nobody"
	# Between both the kernel may send a packet of its own, which is counted.
	for try in 1 2 3 4 5; do
		snapshot "$lab_work/root.json" lab_in A
		snapshot "$lab_work/nobody.json" lab_in A "${nobody[@]}"
		expect "rights" 'pktlint privileged: "no"' \
			"$(values "$lab_work/nobody.json" 'pktlint privileged')"
		python3 "$equal" --rights "$lab_work/root.json" "$lab_work/nobody.json" && return
	done
	fail "$case: in none of $try tries"
}

# nsenter(1) leaves /sys as it was mounted.
elsewhere() {
	local sysfs='/sys/class/net/[^"]*'
	case="/sys of another namespace"
	command -v nsenter >/dev/null || { echo "SKIP: $case: no 'nsenter'"; return; }
	snapshot "$lab_work/elsewhere.json" nsenter "--net=/run/netns/$lab_prefix-A"
	expect "values of /sys" 0 "$(values "$lab_work/elsewhere.json" "$sysfs" |
		grep -vcF "$hidden")"
	expect "interfaces" "$(values "$lab_work/root.json" '/sys/class/net/[^"/]*/mtu' | wc -l)" \
		"$(values "$lab_work/elsewhere.json" '/sys/class/net/[^"/]*/mtu' | wc -l)"
	nsenter "--net=/run/netns/$lab_prefix-A" python3 "$equal" || fail "$case"

	# A namespace with as many interfaces of the same names and numbers.
	case="/sys of a twin"
	lab_twin
}

# Of twins only what was received and sent tells one's lo from the other's.
lab_twin() {
	lab_in B bash -c 'echo >/dev/udp/127.0.0.1/9' || fail "$case: no datagram"
	snapshot "$lab_work/twin.json" lab_in R nsenter "--net=/run/netns/$lab_prefix-B"
	expect "lo" "/sys/class/net/lo/mtu: $hidden" \
		"$(values "$lab_work/twin.json" '/sys/class/net/lo/mtu')"
	snapshot "$lab_work/twin.json" lab_in R
	expect "its own lo" '/sys/class/net/lo/mtu: "65536"' \
		"$(values "$lab_work/twin.json" '/sys/class/net/lo/mtu')"
}

lab_make A B R
links
equal_files
set_values
rights
elsewhere
