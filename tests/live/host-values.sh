#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A snapshot says of interfaces what ethtool, ip, tc and bridge print, all of it and nothing else;
# who has no privileges gets the same but for what is denied: peers in another namespace.
. "$TOP_SRCDIR/tests/live/lab.sh"

# snapshot FILE COMMAND...: takes one by COMMAND, which runs the program that follows.
snapshot() {
	local file=$1
	shift
	"$@" "$PKTLINT" audit --save "$lab_work/open/$file" >/dev/null 2>"$lab_work/audit.err"
	[ -s "$lab_work/open/$file" ] || fail "$case: no snapshot: $(cat "$lab_work/audit.err")"
}

# compare COMMAND...: runs the comparison by COMMAND, which runs the program that follows.
compare() {
	"$@" >"$lab_work/compared" || {
		cat "$lab_work/compared"
		fail "$case"
	}
	echo "$case: $(tail -n 1 "$lab_work/compared")"
}

values() {
	local through=$1
	shift
	# Words on purpose: a command, perhaps none.
	# shellcheck disable=SC2086
	compare $through python3 "$TOP_SRCDIR/tests/live/host_values.py" "$@"
}

# may COMMAND...: a kind of interface that this kernel may not have.
may() {
	"$@" 2>"$lab_work/may" || echo "not here: $*: $(head -n 1 "$lab_work/may")"
}

traffic_control() {
	local t=(tc -n "$lab_prefix-A") all=(protocol ip u32 match u32 0 0)
	may "${t[@]}" qdisc add dev v2 root handle 7: htb default 10 r2q 1000
	may "${t[@]}" class add dev v2 parent 7: classid 7:a htb rate 100mbit
	may "${t[@]}" qdisc add dev v2 parent 7:a tbf rate 10mbit burst 10k latency 10ms
	may "${t[@]}" filter add dev v2 parent 7: "${all[@]}" flowid 7:a
	may "${t[@]}" filter add dev a0 ingress "${all[@]}" action mirred egress mirror dev v2
	may "${t[@]}" filter add dev a0 egress bpf da bytecode '1,6 0 0 0,'
	may "${t[@]}" filter add dev a0 egress matchall action drop
	may "${t[@]}" filter add dev a0 ingress flower action police rate 1mbit burst 10k
}

# Everything that can be made without hardware, of each kind one.
furnish() {
	local a=(ip -n "$lab_prefix-A")
	lab_ip A "link add v2 numtxqueues 4 numrxqueues 4 type veth peer name v3" \
		"link set v3 mtu 1400" "link set v2 up" "link set v3 up" \
		"route add default via $lab_b4 metric 20" \
		"route add default via 10.77.0.9 metric 10"
	[ "$lab_ipv6" = no ] || lab_ip A "route add default via $lab_b6"
	may "${a[@]}" link add br0 type bridge stp_state 1
	may "${a[@]}" link set v3 master br0
	may "${a[@]}" link set v3 type bridge_slave isolated on
	may "${a[@]}" link add ifb7 type ifb
	may "${a[@]}" link add link a0 name mv0 type macvlan mode private
	may "${a[@]}" link add link v2 name vl0 type vlan id 7
	may "${a[@]}" link add bond7 type bond mode 802.3ad xmit_hash_policy 1
	may "${a[@]}" tuntap add dev tap7 mode tap multi_queue vnet_hdr
	may "${a[@]}" link add vx0 type vxlan id 7 dstport 4789 local $lab_a4 \
		remote $lab_b4
	may bridge -n "$lab_prefix-A" fdb append 00:00:00:00:00:00 dev vx0 dst 10.78.0.7
	may bridge -n "$lab_prefix-A" fdb add 02:77:00:00:00:77 dev vx0 dst $lab_b4
	may "${a[@]}" link add vx1 type vxlan id 8 dstport 4790 remote 10.79.0.1 dev v2
	may tc -n "$lab_prefix-A" qdisc add dev a0 clsact
	traffic_control
	may lab_in A python3 "$TOP_SRCDIR/tests/live/xdp.py" v2 generic
	may lab_in A python3 "$TOP_SRCDIR/tests/live/xdp.py" a0 native
	may lab_in A ethtool -K v2 tso off gro on rx-udp-gro-forwarding on
	may lab_in A ethtool -L v2 rx 2 tx 2
}

for tool in python3 jq ethtool tc bridge setpriv; do
	command -v "$tool" >/dev/null || skip "'$tool' is not installed"
done
lab_pair
furnish
chmod 711 "$lab_work"
mkdir -m 777 "$lab_work/open"

case="who takes packets"
ready="capturing on" start capture lab_in A "$PKTLINT" dump -v --no-steering -i v2
snapshot root.json lab_in A
holder() {
	jq -r --arg word "$1" '.values | to_entries[] | select(.key | test("^ss -0 .* \($word)$"))
		| .value' "$lab_work/open/root.json" | sort -u
}
expect "interface" v2 "$(holder interface)"
expect "program" pktlint "$(holder program)"
expect "ring" on "$(holder ring)"
expect "protocol" 0x0003 "$(holder protocol)"

case="interfaces of a namespace"
values "lab_in A" "$lab_work/open/root.json" --peers "$lab_prefix-B"

case="without privileges"
if setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$PKTLINT"; then
	snapshot nobody.json lab_in A setpriv --reuid 65534 --regid 65534 --clear-groups
	values "" --unprivileged "$lab_work/open/nobody.json" "$lab_work/open/root.json"
	denied=$(sed -n 's/^denied: //p' "$lab_work/compared")
	show="ip -d link show a0 peer"
	expect "what is denied" "$show flags, $show mtu, $show name, $show numtxqueues" "$denied"
	expect "program" denied "$(jq -r '.values | to_entries[]
		| select(.key | test("^ss -0 .* program$")) | .value.unknown' \
		"$lab_work/open/nobody.json" | sort -u)"
else
	echo "not here: nobody cannot run '$PKTLINT'"
fi

case="hardware"
snapshot machine.json env
for interface in /sys/class/net/*/device; do
	[ -e "$interface" ] || continue
	interface=${interface%/device}
	case="hardware, ${interface##*/}"
	values "" "$lab_work/open/machine.json" --only "${interface##*/}"
done
