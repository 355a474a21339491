#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What can be wrong with devices that this machine has, one by one: "audit" finds it, the commands
# that it prints are carried out, it finds nothing more, and what undoes them brings it back. Where
# there is a number to it, traffic shows that it was wrong and is not any more.
. "$TOP_SRCDIR/tests/live/audited.sh"

# cure ID NS SUBJECT OPTION...: there, then cured, then back and cured again.
cure() {
	local id=$1 space=$2 subject=$3 turn
	shift 3
	for turn in cure undo cure; do
		audit "$space" "$@"
		if [ $turn = undo ]; then
			absent "$id" "$subject"
			take_back "$space" "$id"
		else
			found "$id" "$subject"
			carry_out "$space" "$id"
		fi
	done
	audit "$space" "$@"
	absent "$id" "$subject"
}

promiscuous() {
	case="promiscuous"
	audit B b0
	absent PL5501 b0
	lab_ip B "link set b0 promisc on"
	cure PL5501 B b0 b0
}

# A capture in promiscuous mode is none that was left on.
captured() {
	case="captured promiscuously"
	ready="capturing on" start check lab_in B "$PKTLINT" check -v --promisc -i b0
	audit B b0
	absent PL5501 b0
	stop check
}

steering() {
	case="no receive steering"
	audit B b0
	absent PL5102 b0
	cure PL5102 B b0 --role l2-ipc b0
	lab_in B sh -c 'echo 0 >/sys/class/net/b0/queues/rx-0/rps_cpus'
}

mtu() {
	case="MTU of a veth pair"
	set_mtu 1400 b0
	audit A a0
	found PL5301 a0
	audit B b0
	found PL5301 b0
	set_mtu 1500 b0
	audit B b0
	absent PL5301 b0
}

# Sets $fragments: into how many A cut its packets while 300 kB of TCP went through the tunnel.
through_tunnel() {
	local before
	before=$(created)
	start server lab_in B traffic serve tcp -p 5004 -n 1
	lab_in A traffic send tcp -d 10.78.0.2 -p 5004 -b 300k >"$lab_work/sent" ||
		fail "$case: client"
	finish server || fail "$case: server"
	fragments=$(($(created) - before))
	echo "$case: $fragments fragments"
}

created() {
	lab_in A awk '/^Ip:/ && seen++ { print $at }
		/^Ip:/ { for (at = 1; $at != "FragCreates" && at < NF; at++); }' /proc/net/snmp
}

tunnel() {
	local space remote mac
	case="tunnel over its MTU"
	for space in A B; do
		remote=$lab_a4
		[ $space = B ] || remote=$lab_b4
		# With "dev" the kernel would see to the MTU.
		mac=02:78:00:00:00:0${space,,}
		ip -n "$lab_prefix-$space" link add vx0 address "$mac" mtu 1500 type vxlan \
			id 7 dstport 4789 remote "$remote" 2>/dev/null || {
			echo "without vxlan"
			return
		}
		lab_ip $space "link set vx0 up"
	done
	lab_ip A "address add 10.78.0.1/24 dev vx0" \
		"neighbour add 10.78.0.2 lladdr 02:78:00:00:00:0b dev vx0"
	lab_ip B "address add 10.78.0.2/24 dev vx0" \
		"neighbour add 10.78.0.1 lladdr 02:78:00:00:00:0a dev vx0"
	through_tunnel
	# Few: our own TCP learns of it; what others send through us would be cut for ever.
	[ "$fragments" -gt 0 ] || fail "$case: no fragments"
	cure PL4106 A vx0 vx0
	through_tunnel
	expect "fragments after the cure" 0 "$fragments"
	for space in A B; do
		lab_ip $space "link del vx0"
	done
}

# Traffic that a program of the network driver may take is in no capture.
hidden() {
	case="XDP"
	command -v clang >/dev/null || {
		echo "without XDP: no clang"
		return
	}
	cat >"$lab_work/xdp.c" <<'END'
__attribute__((section("xdp"), used)) int pass(void *context) { return 2; }
char _license[] __attribute__((section("license"), used)) = "GPL";
END
	clang -O2 -target bpf -c "$lab_work/xdp.c" -o "$lab_work/xdp.o" 2>"$lab_work/clang.err" &&
		ip -n "$lab_prefix-B" link set dev b0 xdp obj "$lab_work/xdp.o" sec xdp \
			2>"$lab_work/clang.err" || {
		echo "without XDP: $(head -n 1 "$lab_work/clang.err")"
		return
	}
	audit B b0
	found PL9101 b0
	expect "status" 3 "$audit_status"
	lab_ip B "link set dev b0 xdp off"
	audit B b0
	absent PL9101 b0
}

paths() {
	case="layer-2 path"
	lab_ip A "link add p0 type veth peer name p1" "link add q0 type veth peer name q1" \
		"link set p0 up" "link set p1 up" "link set q0 up" "link set q1 up"
	audit A --path p0 p1
	expect "a pair" 0 "$(report '[.findings[] | select(.id == "PL5403")] | length')"
	audit A --path p0 q1
	expect "two pairs" 1 "$(report '[.findings[] | select(.id == "PL5403")] | length')"
	ip -n "$lab_prefix-A" link add br0 type bridge 2>/dev/null || return
	lab_ip A "link set br0 up" "link set p1 master br0" "link set q0 master br0"
	audit A --path p0 q1
	expect "bridged" 0 "$(report '[.findings[] | select(.id == "PL5403")] | length')"
}

# A queue that holds a rate drops, and only as long as more is sent.
shaped() {
	case="tbf"
	tc -n "$lab_prefix-A" qdisc add dev a0 root tbf rate 1mbit burst 3k limit 6k \
		2>/dev/null || {
		echo "without tbf"
		return
	}
	audit A a0
	absent PL5206 a0
	start sender lab_in A sh -c "echo ready; exec traffic send raw -i a0 -n 100000000 -r 5k \
		-s 500"
	audit A a0
	found PL5206 a0
	stop sender
	audit A a0
	absent PL5206 a0
	tc -n "$lab_prefix-A" qdisc del dev a0 root
}

command -v jq >/dev/null || skip "'jq' is not installed"
lab_pair
cpus=$(getconf _NPROCESSORS_ONLN)
promiscuous
captured
[ "$cpus" -lt 2 ] || steering
mtu
tunnel
hidden
paths
shaped
