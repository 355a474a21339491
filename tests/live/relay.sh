#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The relay does what its rules say, and its log tells what it did: numbered frames arrive in the
# order of the log, to the frame, and what the rules ask for is what the log has. TCP gets through
# it whole, and resends as often as its kernel says.
. "$TOP_SRCDIR/tests/live/lab.sh"

frames=5000
log=$lab_work/log

# truth FILTER: from what truth.py makes of the log.
truth() {
	jq -c "$1" "$lab_work/truth"
}

summary() {
	output relay | jq -c "$1"
}

start_relay() {
	start relay lab_in R relay -l "$log" ra rb "$@"
}

stop_relay() {
	stop relay || fail "the relay lost frames itself"
	python3 "$TOP_SRCDIR/tests/live/truth.py" "$log" >"$lab_work/truth" || fail "truth.py"
}

# What the log says that arrives at b0, in the form that "traffic receive" has.
logged() {
	awk '$2 == "a>b" && $5 != "-" && $6 == "raw" {
		print $7, $8, $4 ~ /corrupt/ ? "damaged" : "intact" }' "$log"
}

# send_raw RULES -- OPTIONS: raw frames through a relay of these rules; what arrives is the log.
send_raw() {
	local rules=()
	while [ "$1" != -- ]; do
		rules+=("$1")
		shift
	done
	shift
	start_relay "${rules[@]}"
	start receiver lab_in B traffic receive raw -i b0 -o "$lab_work/got"
	lab_in A traffic send raw -i a0 -n $frames -r 20000 -s 100 "$@" >"$lab_work/sent" ||
		fail "the sender"
	stop_relay
	stop receiver || fail "the receiver lost frames itself"
	logged >"$lab_work/logged"
	cmp "$lab_work/logged" "$lab_work/got" || fail "what arrived is not what the log says"
}

# send_tcp ADDRESS RULE...: 3 MB of TCP arrive whole, resent as often as the log says.
send_tcp() {
	local address=$1
	shift
	start_relay "$@"
	start server lab_in B traffic serve tcp -p 5001 -n 1
	lab_in A traffic send tcp -d "$address" -p 5001 -b 3M >"$lab_work/sent" || fail "the client"
	finish server || fail "the server"
	stop_relay
	expect "received" '[3000000,true]' "$(output server | jq -c '[.received, .intact]')"
	expect "resends" "$(jq .retransmits "$lab_work/sent")" "$(truth '."a>b".resends | length')"
	expect "lost and never resent" 0 "$(truth '."a>b" |
		(.dropped + .corrupted | map(.sequence)) - (.resends | map(.sequence)) | length')"
}

for tool in python3 jq; do
	command -v $tool >/dev/null || skip "'$tool' is not installed"
done
lab_relay

# Rules that make no sense are refused.
while read -r rule; do
	status=0
	lab_in R relay ra rb "$rule" >"$lab_work/refused" 2>&1 || status=$?
	[ $status -eq 2 ] && grep -qF "rule '$rule'" "$lab_work/refused" ||
		fail "rule '$rule': status $status"
done <<'END'
a>c:drop:every=1
a>b
a>b:lose:every=1
a>b:drop
a>b:drop:every=0
a>b:drop:every=2:list=3
a>b:drop:list=3,3
a>b:drop:every=2:odd
a>b:delay:every=2
a>b:corrupt:ack:every=2
END

# Nothing is asked for, nothing is done.
send_raw --
expect "in order" "$(seq 0 $((frames - 1)) | sed 's/.*/0 & intact/')" "$(cat "$lab_work/got")"

# Each by itself and all together; 2 s are long enough to never flush.
send_raw a\>b:drop:list=3,17,40 a\>b:hold:every=70:by=3:ms=2000 a\>b:corrupt:every=99 \
	a\>b:dup:every=100 --
expect "dropped" '[3,17,40]' "$(truth '."a>b".dropped | map(.number)')"
expect "held back" '[71,[3],[258]]' "$(truth '."a>b".reordered |
	[length, (map(.extent) | unique), (map(.late_bytes) | unique)]')"
expect "corrupted" "$(seq 99 99 $frames | jq -sc .)" \
	"$(truth '."a>b".corrupted | map(.number) | unique')"
expect "duplicated" "$(seq 100 100 $frames | jq -sc .)" \
	"$(truth '."a>b".duplicated | map(.number)')"
expect "counts" '[5000,5047,3,50,71,0]' "$(summary '."a>b" | [.data,
	.forwarded - (.received - .data), .dropped, .duplicated, .held, .flushed]')"

# The last frame of all is held back, and no other lets it go: its time does.
start_relay a\>b:hold:list=$frames
start receiver lab_in B traffic receive raw -i b0 -n $frames
lab_in A traffic send raw -i a0 -n $frames -r 20000 -s 100 >"$lab_work/sent" || fail "the sender"
finish receiver || fail "the receiver lost frames itself"
stop_relay
expect "flushed" '[1,1]' "$(summary '."a>b" | [.held, .flushed]')"
expect "held back, but last anyway" '[]' "$(truth '."a>b".reordered')"

# Late by time: the order is the log's, whatever it is.
send_raw a\>b:delay:every=100:ms=2 a\>b:dup:every=150:by=5 -- --flows 3
expect "delayed" 50 "$(summary '."a>b".delayed')"

# VLAN tags stay in the frames.
send_raw a\>b:drop:every=1000:first=1 -- --vlan 77
expect "flow" '["vlan77/0"]' "$(truth '."a>b".dropped | map(.flow) | unique')"

for address in "$lab_b4" "$lab_b6"; do
	send_tcp "$address" a\>b:drop:every=400 a\>b:hold:every=50:by=2 b\>a:delay:any:every=1:ms=3
	send_tcp "$address" a\>b:corrupt:list=300,700 b\>a:drop:ack:every=5
done
